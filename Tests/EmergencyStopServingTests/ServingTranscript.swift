import EmergencyStopCore
import EmergencyStopServing

/// A registry with its sessions, a source that says what the test has it say, and a clock that the test sets.
final class ServingTranscript {
    var registry: Registry
    /// The time, in milliseconds since the registry began.
    var now = 0
    /// Processes that are gone.
    var gone: Set<Int32> = []
    /// What was done for a change, in order: `stop A`, `go A` for what watchers are told of, then `recorded`.
    private(set) var done: [String] = []
    /// The number of the last read that was asked for.
    private(set) var requested: UInt64 = 0
    private let begin = ContinuousClock.now
    private var edition = Edition.none
    private var waiting: (update: SnapshotUpdate?, isVerified: Bool, satisfied: UInt64)?
    private var clients: [SessionID: ServingClient] = [:]

    init(leaseMilliseconds: Int = 20_000, _ limits: Limits = Limits()) {
        registry = Registry(
            Life(instance: RunID(high: 0, low: 7), version: "test"), startedAt: begin,
            lease: .milliseconds(leaseMilliseconds), limits: limits
        )
    }

    var instant: ContinuousClock.Instant { begin + .milliseconds(now) }
    var time: Timestamp { Timestamp(seconds: now / 1000, nanoseconds: now % 1000 * 1_000_000) }

    func connect(uid: UInt32 = 1000, pid: Int32 = 10) -> ServingClient {
        let client = ServingClient(self, id: UInt64(clients.count + 1), Peer(pid: pid, uid: uid, gid: uid))
        clients[client.session.id] = client
        return client
    }

    var hasLostRuns: Bool { registry.hasLostRuns }

    func request() -> ReadRequest {
        requested += 1
        return ReadRequest(number: requested)
    }
}

// MARK: - What the source says

extension ServingTranscript {
    /// Has the source find these entries settled.
    func settle(_ entries: KeyValuePairs<String, WorkflowStatus>, satisfied: UInt64 = 0) {
        settle(table(entries), satisfied)
        deliver()
    }

    func settle(_ entries: [Entry]) {
        settle(EntryTable(entries), 0)
        deliver()
    }

    func settle(_ condition: SettledState.Condition) {
        settleUnheard(condition)
        deliver()
    }

    func show(_ entries: KeyValuePairs<String, WorkflowStatus>) {
        if let restrained = edition.snapshot.restrained(by: table(entries)) { say(restrained, isVerified: false, 0) }
        deliver()
    }

    func verify(satisfied: UInt64 = 0) {
        say(nil, isVerified: true, satisfied)
        deliver()
    }

    /// Has the source find entries which are not taken yet: what comes merges with it.
    func settleUnheard(_ entries: KeyValuePairs<String, WorkflowStatus>) { settle(table(entries), 0) }

    func settleUnheard(_ condition: SettledState.Condition) {
        say(Snapshot(SettledState(condition: condition)), isVerified: true, 0)
    }

    /// Has all that was said taken, and done what follows.
    func deliver() {
        guard let (update, isVerified, satisfied) = waiting else { return }
        waiting = nil
        let all = registry.apply(
            update, verifiedAt: isVerified ? instant : nil, satisfied: ReadRequest(number: satisfied), at: instant, time
        )
        for effects in all { perform(effects) }
        while let id = registry.nextSynced() { clients[id]?.session.noteSync(registry) }
    }

    /// Has the time noticed.
    func note() {
        if let effects = registry.note(instant, time) { perform(effects) }
    }

    private func perform(_ effects: Effects) {
        for place in effects.restrained + effects.released {
            for id in registry.watchers(at: place) { clients[id]?.session.note(place, since: effects.since) }
        }
        done += effects.restrained.map { _ in "restrained" } + effects.released.map { _ in "released" }
        if !effects.records.isEmpty { done.append("recorded") }
    }

    private func settle(_ entries: EntryTable, _ satisfied: UInt64) {
        say(Snapshot(SettledState(condition: .readable, entries: entries)), isVerified: true, satisfied)
    }

    private func say(_ snapshot: Snapshot?, isVerified: Bool, _ satisfied: UInt64) {
        var update: SnapshotUpdate?
        if let snapshot {
            let (next, change) = edition.next(snapshot)
            edition = next
            update = SnapshotUpdate(next, change)
        }
        guard let earlier = waiting else {
            waiting = (update, isVerified, satisfied)
            return
        }
        var merged = earlier.update ?? update
        if let update, earlier.update != nil { merged?.absorb(update) }
        waiting = (merged, earlier.isVerified || isVerified, max(earlier.satisfied, satisfied))
    }

    private func table(_ entries: KeyValuePairs<String, WorkflowStatus>) -> EntryTable {
        EntryTable(entries.map { Entry(name: WorkflowName(validated: $0.key), status: $0.value) })
    }
}

/// One end of a connection, and the session at the other.
final class ServingClient {
    var session: Session
    private let story: ServingTranscript

    init(_ story: ServingTranscript, id: SessionID, _ peer: Peer) {
        self.story = story
        session = Session(id: id, peer: peer)
    }

    /// Sends a request; gives the lines that come at once.
    @discardableResult
    func say(_ request: String) -> [String] {
        var writer = LineWriter()
        var turn = Turn()
        let (line, time) = (Array(request.utf8), story.time)
        let need = session.handle(line.span, story.instant, { time }, &story.registry, &turn, to: &writer)
        do {
            try supply(need, to: &writer)
        } catch {
            session.refuse(line.span, expected: error.expected, to: &writer)
        }
        var lines = Self.lines(writer)
        while session.isAnswering {
            writer.removeAll()
            var turn = Turn()
            session.writeDue(&story.registry, in: &turn, to: &writer)
            lines += Self.lines(writer)
        }
        return lines
    }

    private func supply(_ need: Session.Need?, to writer: inout LineWriter) throws(Request.Mistake) {
        switch need {
        case nil: break
        case .read: session.await(story.request(), &story.registry)
        case .process(let entering):
            let ancestors = (0..<Int32(entering.parents)).map { number in
                let peer = Peer(pid: session.peer.pid - 1 - number, uid: session.peer.uid, gid: session.peer.gid)
                return ProcessIdentity(peer: peer, startedAt: 1)
            }
            let process = KnownProcess(
                identity: ProcessIdentity(peer: session.peer, startedAt: 1), ancestors: ancestors,
                command: Array("test".utf8)
            )
            try session.enter(entering, process, &story.registry, to: &writer)
        case .lostRuns(let name):
            story.registry.lookAtLostRuns(64) { story.gone.contains($0.peer.pid) }
            session.list(runsOf: name, story.registry)
        case .information: session.answer(["info"])
        case .metrics: session.answer(["before", "after"], runsAfter: 1)
        }
    }

    /// What there is to tell, as much as a turn allows, as `STATUS NAME CAUSE`.
    func hear(upTo limit: Int = Turn.pieceSize) -> [String] {
        lines(upTo: limit).map { line in
            line.split(separator: "\t").prefix(2).joined(separator: " ").replacing("cause=", with: "")
        }
    }

    /// The same, whole.
    func lines(upTo limit: Int = Turn.pieceSize) -> [String] {
        var writer = LineWriter()
        var turn = Turn(pieceSize: limit)
        session.writeDue(&story.registry, in: &turn, to: &writer)
        return Self.lines(writer)
    }

    var owesNothing: Bool { session.owesNothing }

    func close() { session.close(&story.registry) }

    private static func lines(_ writer: LineWriter) -> [String] {
        String(decoding: writer.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
