/// Requests, as a connection receives them. The first byte says in what pieces.
@Sendable
func fuzzRequestLine(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let received = Array(input.dropFirst())
    var whole = RequestConversation()
    whole.receive(received, isWhole: true)
    whole.end()
    var cut = RequestConversation()
    var place = 0
    while !cut.isOver, place < received.count {
        // Of one byte, or of as many as the last one says.
        let length = place == 0 ? 1 + Int(first) % 16 : 1 + Int(received[place - 1]) % 64
        let end = min(place + length, received.count)
        cut.receive(Array(received[place..<end]), isWhole: end == received.count)
        place = end
    }
    cut.end()
    require(whole.requests == cut.requests, "other requests where they are cut elsewhere")
    require(whole.output == cut.output, "other answers where requests are cut elsewhere")
    whole.check()
}

/// A session with a registry of a few entries, of which `A` alone goes.
private struct RequestConversation: ~Copyable {
    private(set) var requests: [[UInt8]] = []
    private(set) var output: [UInt8] = []
    private(set) var isOver = false
    private var pending: [UInt8] = []
    private var reads: UInt64 = 0
    private var registry: Registry
    private var session = Session(id: 1, peer: Peer(pid: 10, uid: 1000, gid: 1000))
    private var edition: Edition
    private let now = ContinuousClock.now
    private let time = Timestamp(seconds: 1, nanoseconds: 0)

    init() {
        registry = Registry(
            Life(instance: RunID(high: 0, low: 7), version: "fuzz"), startedAt: now, lease: .seconds(20),
            limits: Limits()
        )
        edition = .none
        settle([
            Entry(name: WorkflowName(validated: "A"), status: .go),
            Entry(name: WorkflowName(validated: "B"), status: .go),
            Entry(name: WorkflowName(validated: "C"), status: .pause, reason: "a\nb\tgo A=%"),
            Entry(name: WorkflowName(validated: "B*"), status: .stop, by: "\u{202E}go A"),
        ])
    }

    private mutating func settle(_ entries: [Entry]) {
        let (next, change) = edition.next(
            Snapshot(SettledState(condition: .readable, entries: EntryTable(entries)))
        )
        edition = next
        let all = registry.apply(
            SnapshotUpdate(next, change), verifiedAt: now, satisfied: ReadRequest(number: reads), at: now, time
        )
        for effects in all {
            for place in effects.restrained + effects.released where registry.watchers(at: place).contains(session.id) {
                session.note(place, since: effects.since)
            }
        }
        while registry.nextSynced() != nil { session.noteSync(registry) }
    }

    mutating func receive(_ bytes: [UInt8], isWhole: Bool) {
        guard !isOver else { return }
        pending += bytes
        pending.withUnsafeBufferPointer { buffer in
            var cutter = RequestCutter(buffer, limit: registry.limits.lineLength, isWhole: isWhole)
            while case .request(let place) = cutter.next() { requests.append(Array(buffer[place])) }
        }
        let received = pending
        let position = received.withUnsafeBufferPointer { buffer in
            var cutter = RequestCutter(buffer, limit: registry.limits.lineLength, isWhole: isWhole)
            answer(&cutter)
            return cutter.position
        }
        pending.removeFirst(position)
    }

    private mutating func answer(_ cutter: inout RequestCutter) {
        while true {
            var (turn, writer, time) = (Turn(), LineWriter(), time)
            let pause = session.handle(&cutter, now, { time }, &registry, in: &turn, to: &writer)
            time = self.time
            if case .needs(let need, let place) = pause {
                do throws(Request.Mistake) {
                    try supply(need, to: &writer)
                } catch {
                    session.refuse(cutter[place].span, expected: error.expected, to: &writer)
                }
            }
            output += writer.bytes
            switch pause {
            case .needs, .turnIsOver: continue
            case .needsMore: return
            case .lineIsTooLong:
                isOver = true
                return
            }
        }
    }

    private mutating func supply(_ need: Session.Need, to writer: inout LineWriter) throws(Request.Mistake) {
        switch need {
        case .read:
            reads += 1
            session.await(ReadRequest(number: reads), &registry)
        case .process(let entering):
            let identity = ProcessIdentity(peer: session.peer, startedAt: 1)
            let process = KnownProcess(identity: identity, command: Array("go A\n\tlost=no".utf8) + [0xFF])
            try session.enter(entering, process, &registry, to: &writer)
        case .lostRuns(let name): session.list(runsOf: name, registry)
        case .information: session.answer(["info fuzz"])
        case .metrics: session.answer(["# TYPE estop_runs gauge", "# EOF"], runsAfter: 1)
        }
    }

    /// Everything is stopped, and what is owed is written.
    mutating func end() {
        settle([Entry(name: WorkflowName(validated: "*"), status: .stop, reason: "over")])
        for _ in 0..<10_000 where session.isOwed(registry) {
            var (turn, writer) = (Turn(), LineWriter())
            session.writeDue(&registry, in: &turn, to: &writer)
            output += writer.bytes
        }
        require(session.owesNothing, "an answer never ends")
    }

    /// What must hold of all that was answered.
    func check() {
        require(output.isEmpty || output.last == UInt8(ascii: "\n"), "a line without an end")
        let lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        // One line for each at least; what is watched, and then stopped, gets more.
        require(lines.count >= requests.count, "a request without an answer")
        for line in lines {
            require(line.count < LineSplitter.answerLimit, "a line that no reader takes")
            guard let text = String(validating: Array(line).span) else { fatalError("invalid UTF-8") }
            require(
                !text.unicodeScalars.contains { $0 != "\t" && $0.properties.generalCategory == .control },
                "a control character"
            )
            let parts = text.split(separator: "\t", omittingEmptySubsequences: false)
            let word = parts[0].prefix { $0 != " " }
            let isMetric = word.hasPrefix("estop_runs{workflow=\"")
            require(isMetric || Self.words.contains(String(word)), "a line of another kind: \(text)")
            if word == "go" { require(parts[0] == "go A" && parts[1] == "cause=listed", "a forged go: \(text)") }
            for field in parts.dropFirst() {
                let key = field.prefix { $0 != "=" }
                require(Self.keys.contains(String(key)) && key.count < field.count, "a forged field: \(text)")
            }
            _ = ServerLine(Array(line).span)
        }
    }

    private static let words: Set = [
        "go", "pause", "stop", "none", "watching", "unwatched", "end", "left", "run", "pong", "synced", "hello",
        "change", "file", "more", "error", "info", "#",
    ]
    private static let keys: Set = [
        "cause", "reason", "by", "at", "pattern", "restrains", "watchers", "runs", "rev", "stopped", "run", "pid",
        "uid", "comm", "since", "status", "lost", "complete", "ttl", "instance", "version", "time", "old", "new",
        "expected",
    ]
}
