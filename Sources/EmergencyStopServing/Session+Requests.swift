package import EmergencyStopCore

extension Session {
    mutating func answer(
        _ request: Request, _ now: ContinuousClock.Instant, _ time: Timestamp, _ registry: inout Registry,
        to writer: inout LineWriter
    ) throws(Request.Mistake) -> Need? {
        switch request {
        case .status(let name):
            writeStatus(name, isOfName: true, registry, to: &writer)
        case .watch(let name):
            try watch(name, &registry)
            writeStatus(name, registry, to: &writer)
        case .watchAll:
            if allWatch == nil { allWatch = registry.watchAll(by: id) }
            answer = .entries(EntriesAnswer(registry, isList: false, withRevisions: isGreeted))
        case .unwatch(let name):
            if let place = registry.subjects.place(of: name), watches.removeValue(forKey: place) != nil {
                registry.unwatch(place, by: id, of: peer)
            }
            writer.text("unwatched ")
            writer.name(name)
            writer.end()
        case .list:
            answer = .entries(EntriesAnswer(registry, isList: true, withRevisions: isGreeted))
        case .enter(let name, let run, let parents, let age):
            return .process(Entering(name: name, run: run, parents: parents, since: time.before(age ?? .zero)))
        case .leave(let name, let run):
            try leave(name, run, &registry)
            writer.text("left ")
            writer.name(name)
            writer.field("run", run.description)
            writer.end()
        case .processes(let name):
            if registry.hasLostRuns { return .lostRuns(name) }
            list(runsOf: name, registry)
        case .ping(let token):
            writer.text("pong ")
            writer.text(token)
            writer.field("ttl", registry.timeToLive(at: now).wholeMilliseconds)
            writer.end()
        case .sync:
            guard awaitedSyncs + synced.count < Self.syncLimit else {
                throw Request.Mistake(expected: "at most \(Self.syncLimit) unanswered sync requests")
            }
            guard registry.quotas.take(.syncs, peer.uid) else {
                throw .tooMany("unanswered sync requests", registry.quotas.limit(.syncs), peer, "--max-syncs-per-user")
            }
            return .read
        case .info:
            return .information
        case .history:
            answer = .history(HistoryAnswer(registry))
        case .metrics:
            return .metrics
        case .hello:
            isGreeted = true
            writer.text("hello 1")
            writer.field("instance", registry.life.instance.description)
            writer.field("version", registry.life.version)
            writer.end()
        }
        return nil
    }

    /// A read that was asked for has begun.
    package mutating func await(_ request: ReadRequest, _ registry: inout Registry) {
        awaitedSyncs += 1
        registry.syncs.append(request, id, peer.uid)
    }

    /// The lines that answer a request, with those of each workflow that has runs behind so many of them.
    package mutating func answer(_ lines: [String], runsAfter: Int? = nil) {
        answer = .text(TextAnswer(lines, runsAfter: runsAfter))
    }

    package mutating func list(runsOf name: WorkflowName?, _ registry: borrowing Registry) {
        answer = .runs(RunsAnswer(registry, matching: name))
    }

    /// Goes on with a request to enter a run, now that it is known whose it is.
    package mutating func enter(
        _ entering: Entering, _ process: KnownProcess, _ registry: inout Registry, to writer: inout LineWriter
    ) throws(Request.Mistake) {
        let (name, run) = (entering.name, entering.run)
        let limit = registry.limits.watchesPerConnection
        guard runs.contains(run) || runs.count < limit else {
            throw Request.Mistake(expected: "at most \(limit) runs; leave some, or raise --max-watches")
        }
        try watch(name, &registry)
        do throws(Registry.RunRefusal) {
            try registry.enter(entering, by: process, on: id)
        } catch {
            throw error.mistake(of: peer)
        }
        runs.insert(run)
        writeStatus(name, registry, to: &writer)
    }

    private mutating func leave(
        _ name: WorkflowName, _ run: RunID, _ registry: inout Registry
    ) throws(Request.Mistake) {
        do throws(Registry.RunRefusal) {
            try registry.leave(run, of: name, by: peer)
        } catch {
            throw error.mistake(of: peer)
        }
        runs.remove(run)
    }

    private mutating func watch(_ name: WorkflowName, _ registry: inout Registry) throws(Request.Mistake) {
        if let place = registry.subjects.place(of: name), watches[place] != nil { return }
        let limit = registry.limits.watchesPerConnection
        guard watches.count < limit else {
            throw Request.Mistake(expected: "at most \(limit) watched names; end some, or raise --max-watches")
        }
        guard registry.quotas.take(.watches, peer.uid) else {
            throw .tooMany("watched names", registry.quotas.limit(.watches), peer, "--max-watches-per-user")
        }
        let (place, watch) = registry.watch(name, by: id)
        watches[place] = watch
    }

    private func writeStatus(
        _ name: WorkflowName, isOfName: Bool = false, _ registry: borrowing Registry, to writer: inout LineWriter
    ) {
        let report = registry.served.report(for: name)
        let revisions = isGreeted ? registry.revisions(of: name, report.status) : nil
        StatusLine.write(report, revisions, isOfName: isOfName, to: &writer)
    }

    /// Writes the one line that says what was expected instead of the request.
    package func refuse(_ line: Span<UInt8>, expected: String, to writer: inout LineWriter) {
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
}

extension Request.Mistake {
    /// Nothing is wrong with the request but that its user has so many already.
    fileprivate static func tooMany(_ what: String, _ limit: Int, _ peer: Peer, _ option: String) -> Request.Mistake {
        Request.Mistake(expected: "at most \(limit) \(what) of user \(peer.uid); end some, or raise \(option)")
    }
}

extension Registry.RunRefusal {
    fileprivate func mistake(of peer: Peer) -> Request.Mistake {
        switch self {
        case .foreign: Request.Mistake(expected: "a run of your own; this one is another user's")
        case .otherName(let name): Request.Mistake(expected: "the name of the run's workflow, which is \(name)")
        case .tooMany(let limit): .tooMany("runs", limit, peer, "--max-runs-per-user")
        }
    }
}

extension Request {
    /// What it costs to handle it, more than a `status`, in requests of that kind: it asks the kernel, or walks over
    /// what there is.
    var extraCost: Int {
        switch self {
        case .status, .ping, .unwatch, .hello, .watch, .leave: 0
        case .enter, .sync: 7
        case .watchAll, .list, .processes, .info, .history, .metrics: 15
        }
    }
}

extension Duration {
    /// The whole milliseconds in the duration.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
