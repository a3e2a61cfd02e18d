import EmergencyStopCore
import EmergencyStopServing

@testable import EmergencyStopSidecar

/// One life of the sidecar: the real decisions, from a read to the bytes of a line, with the shells that belong to
/// threads and descriptors left out.
final class SimulatedSidecar {
    /// A read that is under way.
    private struct Read {
        var start: Int64
        var end: Int64
        var bytes: [UInt8]?
        var isReadable: Bool
        var changes: Int
    }

    /// What a read found, for the oracle.
    struct Finding {
        var start: Int64
        var end: Int64
        /// `nil` where nothing could be read.
        var bytes: [UInt8]?
        /// Whether all of it was there at once.
        var isWhole: Bool
    }

    static let lease = Int64(20_000_000_000)

    let life: UInt64
    let bornAt: Int64
    var registry: Registry
    private(set) var isOpen = false
    private(set) var ends: [SessionID: SidecarEnd] = [:]
    private(set) var isReading = false
    /// Reads that fail, for want of descriptors say.
    var failures = 0
    var readerHangsUntil = -Int64(1 << 60)
    /// How far the listener is behind the kernel.
    var lag = Int64(0)
    /// Processes that are gone.
    var gone: Set<Int32> = []
    var wallClock = 0

    private let origin = ContinuousClock.now
    private var settling: Settling
    private var interpreter = StopFileInterpreter(sizeLimit: 1 << 20)
    private var digest: SourceDigest
    private var fleetPace: FleetPace?
    private var delivery: Delivery?
    private var read: Read?
    private var requested = ReadRequest.none
    private var accepted = UInt64(0)
    private var lastReentryLook = -Int64(1 << 60)

    init(life: UInt64, at boot: Int64, inFleet: Bool = false) {
        self.life = life
        bornAt = boot
        let begin = origin + .nanoseconds(boot)
        registry = Registry(
            Life(instance: RunID(high: 0, low: life), version: "simulated"), startedAt: begin,
            lease: .nanoseconds(Self.lease), limits: Limits()
        )
        digest = SourceDigest(hasFleet: inFleet)
        if inFleet { fleetPace = FleetPace(lease: .nanoseconds(SimulatedFleet.lease), startAt: begin) }
        settling = Settling(times: SettlingTimes(), pollInterval: .seconds(10), startAt: begin)
    }

    private func instant(_ boot: Int64) -> ContinuousClock.Instant { origin + .nanoseconds(boot) }

    var time: Timestamp { Timestamp(seconds: wallClock, nanoseconds: 0) }
}

// MARK: - The reader's thread

extension SimulatedSidecar {
    /// Hears, and reads where it is time for that; gives what a read that has ended found.
    func readIfDue(_ disk: inout Disk, at boot: Int64, lasting duration: Int64 = 0) -> Finding? {
        guard boot >= readerHangsUntil else { return nil }
        if read == nil {
            hear(&disk, boot)
            guard settling.nextRead.at <= instant(boot) else { return nil }
            _ = settling.beginRead(at: instant(boot))
            read = Read(
                start: boot, end: boot + duration, bytes: disk.bytes, isReadable: disk.isReadable, changes: disk.changes
            )
        }
        guard let read, boot >= read.end else { return nil }
        self.read = nil
        return end(read, &disk, at: boot)
    }

    var isInFleet: Bool { fleetPace != nil }

    /// Reads the fleet file where it is time for that and the host is in a fleet; gives what was found.
    func readFleetIfDue(_ fleet: inout SimulatedFleet, at boot: Int64) -> SimulatedFleet.Finding? {
        guard var pace = fleetPace else { return nil }
        defer { fleetPace = pace }
        for hint in fleet.takeHints() { pace.hear(hint, at: instant(boot)) }
        pace.request(requested)
        guard pace.nextRead.at <= instant(boot) else { return nil }
        let trigger = pace.beginRead(at: instant(boot))
        let finding = FleetFinding(
            fleet.found, boot: SimulatedFleet.boot,
            at: FleetTimes(now: instant(boot), boot: MonotonicInstant(nanoseconds: boot)),
            lease: .nanoseconds(SimulatedFleet.lease), sizeLimit: 1 << 20)
        let satisfied = pace.endRead(hasFailed: false, review: nil, at: instant(boot))
        post(SourceEvent(finding: .fleet(finding), readAt: instant(boot), trigger: trigger, satisfied: satisfied))
        return fleet.finding(at: boot)
    }

    private func post(_ event: SourceEvent) {
        let next = digest.digest(event)
        if delivery == nil { delivery = next } else { delivery?.absorb(next) }
    }

    var isSettling: Bool { settling.isSettling || read != nil }

    private func hear(_ disk: inout Disk, _ boot: Int64) {
        for hint in disk.takeHints(until: boot - lag) { settling.hear(hint) }
        settling.request(requested)
    }

    private func end(_ read: Read, _ disk: inout Disk, at boot: Int64) -> Finding {
        hear(&disk, boot)
        lag = 0
        var found = Finding(start: read.start, end: boot, bytes: read.bytes, isWhole: true)
        let event: SourceEvent
        if failures > 0 {
            failures -= 1
            found.isWhole = false
            found.bytes = nil
            event = finish(settling.endRead(.failed("no descriptor"), at: instant(boot)), read.start, nil, nil)
        } else if let bytes = read.bytes, read.isReadable {
            // Who writes meanwhile is seen with his end behind the beginning of what was there before.
            found.isWhole = disk.changes == read.changes
            if !found.isWhole, let after = disk.bytes {
                found.bytes = Array(bytes.prefix(bytes.count / 2)) + Array(after.dropFirst(bytes.count / 2))
            }
            let content = FileContent(
                bytes: found.bytes ?? bytes, identity: FileIdentity(device: 1, inode: disk.inode), owner: 0,
                isStable: found.isWhole
            )
            let fingerprint = ContentFingerprint(of: content.bytes)
            let decision = settling.endRead(.content(fingerprint, isStable: content.isStable), at: instant(boot))
            event = finish(decision, read.start, content, nil)
        } else {
            found.bytes = nil
            let absence = read.bytes == nil ? Absence.missing : .unreadable("Permission denied")
            event = finish(settling.endRead(.absent(absence), at: instant(boot)), read.start, nil, absence)
        }
        post(event)
        settling.finishHandling(at: instant(boot))
        return found
    }

    private func finish(
        _ decision: Settling.Decision, _ start: Int64, _ content: FileContent?, _ absence: Absence?
    ) -> SourceEvent {
        let finding: SourceEvent.Finding
        switch decision.outcome {
        case .failed(let reason): finding = .failed(reason)
        case .verified: finding = .verified(content.flatMap { interpreter.provenance(of: $0) })
        case .shown:
            finding = .shown(content.map { interpreter.entries($0, ContentFingerprint(of: $0.bytes)) } ?? EntryTable())
        case .settled:
            if let content {
                finding = .settled(interpreter.state(content, ContentFingerprint(of: content.bytes)))
            } else {
                finding = .settled(interpreter.state(absence ?? .missing))
            }
        }
        return SourceEvent(
            finding: finding, readAt: instant(start), trigger: .poll, satisfied: decision.satisfied
        )
    }
}

// MARK: - The loop

extension SimulatedSidecar {
    var hasNews: Bool { delivery != nil }

    /// Takes what the source has said; says whether there was something.
    func takeNews(at boot: Int64) -> Bool {
        guard let delivery else { return false }
        self.delivery = nil
        let effects = registry.apply(
            delivery.update, verifiedAt: delivery.verifiedAt, fleet: delivery.fleet, satisfied: delivery.satisfied,
            at: instant(boot), time
        )
        for effects in effects { perform(effects) }
        while let id = registry.nextSynced() {
            guard let end = ends[id] else { continue }
            end.session.noteSync(registry)
            end.sendNews(self)
        }
        openIfDue(boot)
        return true
    }

    /// Takes note of the time, as before anything that arrives is handled.
    func noteTime(_ boot: Int64) {
        if let effects = registry.note(instant(boot), time) { perform(effects) }
        openIfDue(boot)
        if isOpen, boot - lastReentryLook >= 1_000_000_000 {
            lastReentryLook = boot
            registry.reentry.look(at: instant(boot))
        }
        registry.lookAtLostRuns(64) { gone.contains($0.peer.pid) }
    }

    private func openIfDue(_ boot: Int64) {
        if !isOpen, registry.isOpen(at: instant(boot)) { isOpen = true }
    }

    private func perform(_ effects: Effects) {
        for places in [effects.restrained, effects.released] {
            var concerned: [SidecarEnd] = []
            for place in places {
                for id in registry.watchers(at: place) {
                    guard let end = ends[id] else { continue }
                    end.session.note(place, since: effects.since)
                    if !concerned.contains(where: { $0 === end }) { concerned.append(end) }
                }
            }
            for end in concerned { end.sendNews(self) }
        }
        for id in registry.sessionsThatWatchAll { ends[id]?.sendNews(self) }
    }

    func accept(_ wire: Wire, from pid: Int32) {
        accepted += 1
        ends[accepted] = SidecarEnd(wire, Session(id: accepted, peer: Peer(pid: pid, uid: 1, gid: 1)))
    }

    /// Has one connection take its turn; says whether the time was looked at in it.
    @discardableResult
    func serve(_ end: SidecarEnd, receiving count: Int, at boot: Int64) -> Bool {
        guard isOpen else {
            openIfDue(boot)
            return false
        }
        let hasNotedTime = end.takeTurn(self, receiving: count, at: instant(boot)) { noteTime(boot) }
        if end.isOver {
            end.session.close(&registry)
            ends[end.session.id] = nil
        }
        return hasNotedTime
    }

    func requestRead() -> ReadRequest {
        requested.number += 1
        return requested
    }

    /// What a stranger is answered who asks this and waits for all of it.
    func ask(_ line: String, at boot: Int64) -> [String] {
        let wire = Wire()
        wire.capacity = .max
        let end = SidecarEnd(wire, Session(id: .max, peer: Peer(pid: 1, uid: 1, gid: 1)))
        wire.ask(Array((line + "\n").utf8))
        end.takeTurn(self, receiving: .max, at: instant(boot)) {}
        while end.isAnswering { end.takeTurn(self, receiving: .max, at: instant(boot)) {} }
        return String(decoding: wire.toClient, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
