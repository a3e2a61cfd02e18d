/// A file, a sidecar, two clients and a watcher, and the clock that they share.
final class World {
    /// What must not be has happened.
    private(set) var violation: String?
    /// How often what was worth simulating came about.
    private(set) var tally: [String: Int] = [:]

    private var now = Int64(1_000_000_000_000)
    private var asleep = Int64(0)
    private var boot: Int64 { now + asleep }
    private var disk = Disk()
    private var fleet = SimulatedFleet()
    private var sidecar: SimulatedSidecar
    private var isFrozen = false
    private var clients: [SimulatedClient] = []
    private let watcher = PlainWatcher()
    private var oracle = Oracle()
    private var lapseIsKnown = false
    /// Whether the present sidecar has allowed anything: before, it has no lease on the file that could end.
    private var hasPermitted = false
    private var lastProcess = Int32(100)
    /// Runs that the present sidecar has listed.
    private var listed: Set<String> = []

    init() {
        sidecar = SimulatedSidecar(life: 1, at: now)
        oracle.begin(life: 1, inFleet: false)
        for number in 0..<2 { clients.append(SimulatedClient(Int32(number + 1), seed: UInt64(number), at: now)) }
        for client in clients { client.watch(0, now) }
        connectWatcher()
    }

    func perform(_ action: Action) {
        step(action.kind, action.which, action.amount)
        check()
    }

    private func step(_ kind: Action.Kind, _ which: Int, _ amount: Int) {
        let client = clients[which % clients.count]
        let name = amount % 3
        switch kind {
        case .replace: disk.replace(by: FileText.random(amount), at: now)
        case .replaceBySame: if let bytes = disk.bytes, !disk.isBeingWritten { disk.replace(by: bytes, at: now) }
        case .replaceByMalformed: disk.replace(by: FileText.malformed(amount), at: now)
        case .truncate: disk.open(toWrite: FileText.random(amount), isTruncated: true, at: now)
        case .overwrite: disk.open(toWrite: FileText.random(amount), isTruncated: false, at: now)
        case .writeMore: disk.write(amount % 40, at: now)
        case .finishWriting: disk.close(isFinished: true, at: now)
        case .closeTorn: disk.close(isFinished: false, at: now)
        case .append: disk.append(FileText.appended(amount), at: now)
        case .delete: disk.delete(at: now)
        case .toggleReadable: disk.toggleReadable(at: now)
        case .touch: disk.touch(at: now)
        case .neighbour: disk.neighbour(at: now)
        case .overflow: disk.overflow(at: now)
        case .toggleSilence: disk.toggleSilence()
        case .writeFleet: fleet.replace(amount, at: boot)
        case .spoilFleet: fleet.spoil(amount)
        case .silenceFleet: fleet.isSilent.toggle()
        case .passMoment: pass(Int64(amount % 120_000_000))
        case .passTime: pass(Int64(amount % 2_000) * 1_000_000)
        case .passLong: pass(Int64(amount % 25_000) * 1_000_000)
        case .suspend: asleep += Int64(amount % 40_000) * 1_000_000
        case .stepWallClock: sidecar.wallClock = amount
        case .read: read()
        case .readSlowly: read(lasting: Int64(amount % 300_000_000))
        case .failReads: sidecar.failures = amount % 4
        case .hangReader: sidecar.readerHangsUntil = boot + Int64(amount % 30_000) * 1_000_000
        case .lagListener: sidecar.lag = Int64(amount % 50_000_000)
        case .takeNews: takeNews()
        case .serve: serve(which, amount % 200)
        case .keepTime: keepTime()
        case .freezeSidecar: isFrozen = true
        case .thawSidecar: isFrozen = false
        case .restartSidecar: restart(inFleet: amount % 3 != 0)
        case .connect: connect(client)
        case .refuse: if client.wantsConnection, !client.isFrozen { client.connect(nil, now) }
        case .deliver: if !client.isFrozen { client.receive(amount % 300, now) }
        case .breakConnection: client.wire?.cut()
        case .narrowBuffer: client.wire?.capacity = amount % 3 == 0 ? 4_096 : amount % 100
        case .wake: if !client.isFrozen { client.wake(now) }
        case .readStatus: if !client.isFrozen { client.read(name, now) }
        case .readStream: if !client.isFrozen { client.readStream(name, now) }
        case .watch: if !client.isFrozen { client.watch(name, now) }
        case .forget: if !client.isFrozen { client.forget(name, now) }
        case .freezeClient: client.isFrozen = true
        case .thawClient: client.isFrozen = false
        case .killClient: kill(which % clients.count)
        case .startRun: if !client.isFrozen { client.start(name, now) }
        case .endRun: if !client.isFrozen { client.end(amount, now) }
        case .hearWatcher: watcher.hear(amount % 300)
        case .reconnectWatcher: connectWatcher()
        case .calm: calm()
        case .missStop: missStop(client)
        case .peace: peace()
        }
    }

    private func pass(_ duration: Int64) {
        now += duration
        fleet.pass(at: boot)
    }

    private func fail(_ what: String) { if violation == nil { violation = what } }

    private func note(_ what: String) { tally[what, default: 0] += 1 }
}

// MARK: - The sidecar

extension World {
    private func read(lasting duration: Int64 = 0) {
        guard !isFrozen else { return }
        if let found = sidecar.readFleetIfDue(&fleet, at: boot) {
            oracle.note(found)
            note("fleet")
        }
        let fails = sidecar.failures > 0
        guard let found = sidecar.readIfDue(&disk, at: boot, lasting: duration) else { return }
        oracle.note(
            found, hasFailed: fails, writer: disk.toldWriter,
            monotonicStart: now - (boot - found.start)
        )
        note("reads")
    }

    private func takeNews() {
        guard !isFrozen, sidecar.hasNews else { return }
        noteLapse()
        let stopped = oracle.hear()
        owe(stopped)
        _ = sidecar.takeNews(at: boot)
        if !oracle.hasLapsed(at: boot) { lapseIsKnown = false }
        probe()
    }

    /// The loop goes on where the file's lease has ended: whatever comes next, that was a stop.
    private func noteLapse() {
        guard hasPermitted, oracle.hasLapsed(at: boot), !lapseIsKnown else { return }
        lapseIsKnown = true
        note("lapses")
        owe([0, 1, 2])
    }

    private func owe(_ names: [Int]) {
        for client in clients { client.owe(names, now) }
        watcher.owe(names)
    }

    private func serve(_ which: Int, _ count: Int) {
        guard !isFrozen, !sidecar.ends.isEmpty else { return }
        let ids = sidecar.ends.keys.sorted()
        guard let end = sidecar.ends[ids[which % ids.count]] else { return }
        takeNews()
        noteLapse()
        // A stranger is answered behind a look at the time, so he may ask only where there was one.
        if sidecar.serve(end, receiving: count, at: boot) { probe() }
    }

    private func keepTime() {
        guard !isFrozen else { return }
        takeNews()
        noteLapse()
        sidecar.noteTime(boot)
        probe()
    }

    private func restart(inFleet: Bool) {
        for end in sidecar.ends.values { end.wire.isClosedBySidecar = true }
        sidecar = SimulatedSidecar(life: sidecar.life + 1, at: boot, inFleet: inFleet)
        oracle.begin(life: sidecar.life, inFleet: inFleet)
        isFrozen = false
        lapseIsKnown = false
        hasPermitted = false
        disk.beginListening()
        listed = []
        for client in clients { client.forgetOwed() }
        watcher.leave()
        note("restarts")
    }

    /// A stranger asks, and what he is told is compared with what may be.
    private func probe() {
        guard sidecar.isOpen else { return }
        for (index, name) in FileText.names.enumerated() {
            let answer = sidecar.ask("status \(name)", at: boot).first ?? ""
            let level = answer.hasPrefix("go ") ? 2 : answer.hasPrefix("pause ") ? 1 : 0
            if level > 0 {
                hasPermitted = true
                note("permissions")
            }
            if !oracle.allows(sidecar: level, index, at: boot) {
                fail("the sidecar says \(answer.prefix { $0 != "\t" }), which no settled version allows")
            }
        }
        checkRuns(sidecar.ask("ps", at: boot))
    }

    private func checkRuns(_ lines: [String], all: Bool = false) {
        let isComplete = !(lines.last?.contains("complete=no") ?? true)
        if isComplete, boot - sidecar.bornAt < 20_000_000_000 { fail("ps is complete within 20 s of a life") }
        var present: Set<String> = []
        for line in lines {
            if let field = line.split(separator: "\t").first(where: { $0.hasPrefix("run=") }) {
                present.insert(String(field.dropFirst(4)))
            }
        }
        for client in clients {
            for run in client.runs where run.phase == .running {
                let id = run.number
                if !present.contains(id), listed.contains(id) || all {
                    fail("ps does not list a run of \(FileText.names[run.index]) that lives")
                }
            }
        }
        listed.formUnion(present)
        if all, !isComplete { fail("ps is not complete in peace") }
    }
}

// MARK: - Connections

extension World {
    private func connect(_ client: SimulatedClient) {
        guard client.wantsConnection, !client.isFrozen else { return }
        let wire = Wire()
        sidecar.accept(wire, from: client.processID)
        client.connect(wire, now)
        note("connections")
    }

    private func connectWatcher() {
        watcher.leave()
        let wire = Wire()
        sidecar.accept(wire, from: 99)
        watcher.connect(wire)
    }

    private func kill(_ which: Int) {
        let client = clients[which]
        client.wire?.isClosedByClient = true
        sidecar.gone.insert(client.processID)
        lastProcess += 1
        clients[which] = SimulatedClient(lastProcess, seed: UInt64(lastProcess), at: now)
        clients[which].watch(0, now)
    }
}

// MARK: - Rest

extension World {
    /// All that can be done without time passing is done.
    private func calm() {
        for _ in 0..<50 {
            read()
            takeNews()
            keepTime()
            for client in clients where !client.isFrozen {
                connect(client)
                client.wake(now)
                client.wire?.capacity = 4_096
                for _ in 0..<8 { client.receive(600, now) }
            }
            watcher.hear(.max)
            var isBusy = sidecar.hasNews
            if !isFrozen, sidecar.isOpen {
                for id in sidecar.ends.keys.sorted() {
                    guard let end = sidecar.ends[id], end.isBusy(sidecar.registry) else { continue }
                    sidecar.serve(end, receiving: 4_096, at: boot)
                    isBusy = true
                }
            }
            let isHeard = clients.allSatisfy { $0.isFrozen || $0.wire.map { $0.toClient.isEmpty } ?? true }
            if !isBusy, isHeard { break }
        }
        guard !isFrozen, sidecar.isOpen else { return }
        for client in clients where !client.isFrozen { client.checkCaughtUp() }
        if watcher.isOwed { fail("a watcher was not told of a stop") }
    }

    /// A stop comes and goes while a client cannot be heard, sooner than its lease ends: chance alone seldom has it so.
    private func missStop(_ client: SimulatedClient) {
        guard !isFrozen, !client.isFrozen, let before = disk.bytes, !disk.isBeingWritten else { return }
        client.wire?.cut()
        disk.replace(by: Array("{\"Name\":\"*\",\"Status\":\"stop\"}\n".utf8), at: now)
        readAndTake()
        disk.replace(by: before, at: now)
        for _ in 0..<4 {
            pass(150_000_000)
            readAndTake()
        }
        // It hears that the connection is gone before it looks for another.
        client.receive(1, now)
        pass(600_000_000)
        calm()
    }

    private func readAndTake() {
        pass(1_000_000)
        read()
        takeNews()
        check()
    }

    /// Nothing happens for as long as it takes all to find each other: then everybody knows what the file says.
    private func peace() {
        disk.close(isFinished: true, at: now)
        if !disk.isReadable { disk.toggleReadable(at: now) }
        if disk.isSilent { disk.toggleSilence() }
        fleet.isSilent = false
        isFrozen = false
        sidecar.failures = 0
        sidecar.readerHangsUntil = -(1 << 60)
        for client in clients { client.isFrozen = false }
        if watcher.wire == nil { connectWatcher() }
        for _ in 0..<160 where violation == nil {
            pass(400_000_000)
            calm()
            check()
        }
        guard violation == nil else { return }
        note("peace")
        var verdict = disk.bytes.map(FileText.verdict) ?? .nothing
        if sidecar.isInFleet {
            for (index, level) in fleet.finding(at: boot).allowed.enumerated() {
                verdict.allowed[index] = min(verdict.allowed[index], level)
            }
        }
        for (index, name) in FileText.names.enumerated() {
            for client in clients {
                guard let level = client.believed(index, now), level != verdict.allowed[index] else { continue }
                fail(
                    "in peace a client believes level \(level) of \(name), and the file says \(verdict.allowed[index])")
            }
            if watcher.told[index] != verdict.allowed[index] {
                fail("in peace a watcher was told \(watcher.told[index]) of \(name), and the file says otherwise")
            }
        }
        checkRuns(sidecar.ask("ps", at: boot), all: true)
    }

    private func check() {
        for client in clients {
            client.check(oracle, now)
            if let wrong = client.wrong { fail(wrong) }
            for run in client.runs where run.phase == .running { if run.isNew() { note("runs") } }
        }
    }
}
