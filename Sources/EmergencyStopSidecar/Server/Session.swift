internal import EmergencyStop

/// What a connection has asked for and is owed: the protocol, without the channel.
///
/// It belongs to the event loop of its server.
final class Session {
    /// The most `sync` requests of one connection that may be unanswered.
    private static let syncLimit = 64

    let peer: Peer
    /// Whether the client said `hello`, and so is told revisions.
    private(set) var isGreeted = false
    private(set) var isClosed = false
    /// Reads asked for with `sync` and not yet answered.
    private var awaitedSyncs = 0
    /// The revisions of those that have been applied, for answers that are still to be written.
    private var synced: [UInt64] = []
    /// An answer of many lines of which some are still to be written. What comes behind it has to wait.
    private var answer: (any Answer)?
    private var watches: [WorkflowName: Watch] = [:]
    /// Watches of which there is something to tell, each once: a change of one name must not cost a look at all.
    private var noted: [Watch] = []
    private var watchOfAll: AllWatch?
    private var runs: Set<RunID> = []

    private unowned let context: ServerContext
    private unowned let output: any SessionOutput

    init(peer: Peer, context: ServerContext, output: any SessionOutput) {
        self.peer = peer
        self.context = context
        self.output = output
    }

    private var registry: Registry { context.registry }
    private var id: ObjectIdentifier { ObjectIdentifier(self) }

    /// Whether an answer is under way, so that no request may be handled.
    var isAnswering: Bool { answer != nil }

    /// Whether everything that was asked for has been written.
    var owesNothing: Bool { answer == nil && awaitedSyncs == 0 && synced.isEmpty }

    /// Whether there is something to write that no request has to come for.
    var isOwed: Bool {
        answer != nil || !noted.isEmpty || !synced.isEmpty || watchOfAll.map { registry.isBehind($0) } ?? false
    }

    /// Writes what is due, other than answers to new requests, as much of it as the turn allows.
    func writeDue(in turn: inout Turn, to writer: inout LineWriter) {
        guard writeChanges(to: &writer) else { return }
        while let answer, turn.allowsStep(written: writer.count) {
            if !answer.writeNext(to: &writer) { self.answer = nil }
        }
        if answer == nil { writeSynced(to: &writer) }
    }

    /// Writes what has changed, one piece of it: nobody's stop waits for the end of a long answer.
    func writeNews(to writer: inout LineWriter) {
        if writeChanges(to: &writer), answer == nil { writeSynced(to: &writer) }
    }

    /// Gives up what would only be written: the peer takes nothing any more.
    func abandonAnswers() {
        answer = nil
        synced = []
    }

    /// Writes what there is to tell of watched names; says whether that was all.
    private func writeChanges(to writer: inout LineWriter) -> Bool {
        guard writeNoted(to: &writer, upTo: Turn.pieceSize) else { return false }
        guard let watchOfAll else { return true }
        return registry.tell(watchOfAll, withRevisions: isGreeted, to: &writer, upTo: Turn.pieceSize)
    }

    /// Answers the reads that were asked for: behind all that they changed, and never within another answer.
    private func writeSynced(to writer: inout LineWriter) {
        guard !synced.isEmpty else { return }
        for revision in synced {
            writer.text("synced ")
            writer.number(revision)
            writer.end()
        }
        synced.removeAll()
    }

    /// Writes what there is to tell of watched names; says whether that was all.
    private func writeNoted(to writer: inout LineWriter, upTo limit: Int) -> Bool {
        guard !noted.isEmpty else { return true }
        var told = 0
        while told < noted.count, writer.count < limit {
            let watch = noted[told]
            told += 1
            watch.isNoted = false
            // It may have been ended since.
            if watches[watch.name] === watch { registry.tell(watch, withRevisions: isGreeted, to: &writer) }
        }
        noted.removeFirst(told)
        return noted.isEmpty
    }

    /// Ends everything that was begun on this connection, which has closed.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for watch in watches.values { registry.end(watch) }
        watches = [:]
        noted = []
        if let watchOfAll { registry.end(watchOfAll) }
        watchOfAll = nil
        if awaitedSyncs > 0 { registry.forgetSyncs(of: self) }
        answer = nil
        if !runs.isEmpty {
            registry.connectionClosed(id, runs: runs)
            context.runsLost()
        }
    }
}

/// The channel of a session, as the session sees it.
protocol SessionOutput: AnyObject {
    /// Something is due; ask ``Session/writeNews(to:)`` for it when it can be sent.
    func due()
}

extension Session: Watcher {
    func watchChanged(_ watch: Watch) {
        guard !isClosed else { return }
        if !watch.isNoted {
            watch.isNoted = true
            noted.append(watch)
        }
        output.due()
    }

    func entriesChanged() {
        if !isClosed { output.due() }
    }

    func synced(revision: UInt64) {
        guard !isClosed else { return }
        awaitedSyncs -= 1
        synced.append(revision)
        output.due()
    }
}

// MARK: - Requests

extension Session {
    /// Answers a request, a line without its line feed.
    func handle(
        _ line: Span<UInt8>, _ now: ContinuousClock.Instant, _ turn: inout Turn, to writer: inout LineWriter
    ) {
        turn.note(cost: 1)
        if !isGreeted {
            // What is asked most, without making a string of the name.
            let parts = RequestLine(line)
            let name = line.extracting(parts.argument)
            if line.extracting(parts.verb).spells("status"), Request.isPlainName(name) {
                return StatusLine.write(name, in: registry.served, nil, to: &writer)
            }
        }
        do throws(Request.Mistake) {
            let request = try Request(line)
            turn.note(cost: request.extraCost)
            try answer(request, now, to: &writer)
        } catch {
            refuse(line, expected: error.expected, to: &writer)
        }
    }

    /// Writes the one line that says what was expected instead of the request.
    func refuse(_ line: Span<UInt8>, expected: String, to writer: inout LineWriter) {
        let parts = RequestLine(line)
        writer.text("error ")
        writer.encoded(line.extracting(parts.verb))
        if !parts.argument.isEmpty {
            writer.space()
            writer.encoded(line.extracting(parts.argument))
        }
        writer.field("expected", expected)
        writer.end()
    }

    private func answer(
        _ request: Request, _ now: ContinuousClock.Instant, to writer: inout LineWriter
    ) throws(Request.Mistake) {
        switch request {
        case .status(let name):
            writeStatus(name, isOfName: true, to: &writer)
        case .watch(let name):
            try watch(name)
            writeStatus(name, to: &writer)
        case .watchAll:
            if watchOfAll == nil { watchOfAll = registry.watchAll(by: self) }
            answer = WatchAllAnswer(registry, withRevisions: isGreeted)
        case .unwatch(let name):
            if let watch = watches.removeValue(forKey: name) { registry.end(watch) }
            writer.text("unwatched ")
            writer.name(name)
            writer.end()
        case .list:
            answer = ListAnswer(registry, withRevisions: isGreeted)
        case .enter(let name, let run, let parents, let age):
            try enter(name, run, parents, age)
            writeStatus(name, to: &writer)
        case .leave(let name, let run):
            try leave(name, run)
            writer.text("left ")
            writer.name(name)
            writer.field("run", run.description)
            writer.end()
        case .processes(let name):
            answer = ProcessesAnswer(registry, matching: name)
        case .ping(let token):
            writer.text("pong ")
            writer.text(token)
            writer.field("ttl", registry.timeToLive(at: now).wholeMilliseconds)
            writer.end()
        case .sync:
            guard awaitedSyncs + synced.count < Self.syncLimit else {
                throw Request.Mistake(expected: "at most \(Self.syncLimit) unanswered sync requests")
            }
            awaitedSyncs += 1
            registry.await(context.source.requestRead(), self)
        case .info:
            answer = TextAnswer(context.information(now))
        case .history:
            answer = HistoryAnswer(registry)
        case .metrics:
            answer = TextAnswer(context.metricsText(now))
        case .hello:
            isGreeted = true
            writer.text("hello 1")
            writer.field("instance", context.instance.description)
            writer.field("version", context.version)
            writer.end()
        }
    }

    private func writeStatus(_ name: WorkflowName, isOfName: Bool = false, to writer: inout LineWriter) {
        let report = registry.served.report(for: name)
        let revisions = isGreeted ? registry.revisions(of: name, report.status) : nil
        StatusLine.write(report, revisions, isOfName: isOfName, to: &writer)
    }

    private func watch(_ name: WorkflowName) throws(Request.Mistake) {
        guard watches[name] == nil else { return }
        let limit = context.limits.watchesPerConnection
        guard watches.count < limit else {
            throw Request.Mistake(expected: "at most \(limit) watched names; end some, or raise --max-watches")
        }
        watches[name] = registry.watch(name, by: self)
    }

    private func enter(
        _ name: WorkflowName, _ run: RunID, _ parents: Int, _ age: Duration?
    ) throws(Request.Mistake) {
        let limit = context.limits.watchesPerConnection
        guard runs.contains(run) || runs.count < limit else {
            throw Request.Mistake(expected: "at most \(limit) runs; leave some, or raise --max-watches")
        }
        try watch(name)
        do throws(Registry.RunRefusal) {
            let since = Timestamp.now().before(age ?? .zero)
            try registry.enter(run, of: name, by: peer, parents: parents, on: id, since: since)
        } catch {
            throw error.mistake
        }
        runs.insert(run)
    }

    private func leave(_ name: WorkflowName, _ run: RunID) throws(Request.Mistake) {
        do throws(Registry.RunRefusal) {
            try registry.leave(run, of: name, by: peer)
        } catch {
            throw error.mistake
        }
        runs.remove(run)
    }
}

extension Registry.RunRefusal {
    fileprivate var mistake: Request.Mistake {
        switch self {
        case .foreign: Request.Mistake(expected: "a run of your own; this one is another user's")
        case .otherName(let name): Request.Mistake(expected: "the name of the run's workflow, which is \(name)")
        }
    }
}

extension Request {
    /// What it costs to handle it, more than a `status`, in requests of that kind: it asks the kernel, or walks over
    /// what there is.
    fileprivate var extraCost: Int {
        switch self {
        case .status, .ping, .unwatch, .hello, .watch, .leave: 0
        case .enter, .sync: 7
        case .watchAll, .list, .processes, .info, .history, .metrics: 15
        }
    }
}

extension Duration {
    /// The whole milliseconds in the duration.
    var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
