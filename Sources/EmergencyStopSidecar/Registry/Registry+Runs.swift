package import EmergencyStop

extension Registry {
    /// Why a run cannot be entered or left.
    package enum RunRefusal: Error, Hashable {
        /// It is another user's.
        case foreign
        /// It is known as a run of another workflow.
        case otherName(WorkflowName)
    }

    /// Registers a run of a connection. One that is known already, lost or not, becomes this connection's, and its
    /// process's; since when it runs is known then.
    ///
    /// - Parameter parents: How many processes above the peer's own stand for the run as well.
    package func enter(
        _ id: RunID, of name: WorkflowName, by peer: Peer, parents: Int = 0, on owner: ObjectIdentifier,
        since: Timestamp
    ) throws(RunRefusal) {
        if let run = runs[id] { try check(run, name, peer) }
        let (process, command) = processes.identify(peer)
        let ancestors = parents > 0 ? processes.ancestors(of: process, atMost: parents) : []
        var run = Run(
            id: id, name: name, process: process, ancestors: ancestors, command: command, since: since, owner: owner)
        if let known = runs[id] {
            run.since = known.since
            // Where the process is the same and cannot be seen any more, what was seen of it still holds.
            if process.startedAt == nil, process.peer.pid == known.process.peer.pid {
                (run.process, run.ancestors, run.command) = (known.process, known.ancestors, known.command)
            }
        } else {
            subject(name).runs += 1
        }
        runs[id] = run
    }

    /// Ends a run. Leaving one that is not known is no mistake: the sidecar may have been restarted.
    package func leave(_ id: RunID, of name: WorkflowName, by peer: Peer) throws(RunRefusal) {
        guard let run = runs[id] else { return }
        try check(run, name, peer)
        remove(run)
    }

    /// Takes note that a connection has closed: what it ran and did not leave is lost, or has ended with its process.
    package func connectionClosed(_ owner: ObjectIdentifier, runs ids: some Sequence<RunID>) {
        for id in ids {
            guard var run = runs[id], run.owner == owner else { continue }
            run.owner = nil
            runs[id] = run
        }
        reapLostRuns()
    }

    /// Forgets the lost runs for which no process stands any more; says whether there are others.
    @discardableResult
    package func reapLostRuns() -> Bool {
        var gone: [ProcessIdentity: Bool] = [:]
        var remain = false
        for run in runs.values where run.isLost {
            let isGone = run.standing.allSatisfy { process in
                let isGone = gone[process] ?? processes.isGone(process)
                gone[process] = isGone
                return isGone
            }
            if isGone { remove(run) } else { remain = true }
        }
        return remain
    }

    /// The runs of a name, of all names that a pattern matches, or all; the oldest first.
    package func runs(matching name: WorkflowName?) -> [Run] {
        reapLostRuns()
        return runs.values
            .filter { run in name.map { $0.matches(run.name) } ?? true }
            .sorted { ($0.since.seconds, $0.since.nanoseconds) < ($1.since.seconds, $1.since.nanoseconds) }
    }

    /// How many runs this very name has.
    package func runs(of name: WorkflowName) -> Int { subjects[name]?.runs ?? 0 }

    /// Every workflow that has runs, with their number, in byte order.
    package func runCounts() -> [(WorkflowName, Int)] {
        subjects.values.filter { $0.runs > 0 }.map { ($0.name, $0.runs) }.sorted { $0.0 < $1.0 }
    }

    private func check(_ run: Run, _ name: WorkflowName, _ peer: Peer) throws(RunRefusal) {
        // `ps` shows the ids to everyone who may connect, so an id alone proves nothing.
        guard peer.uid == run.process.peer.uid || peer.uid == 0 else { throw .foreign }
        guard run.name == name else { throw .otherName(run.name) }
    }

    private func remove(_ run: Run) {
        runs[run.id] = nil
        guard let subject = subjects[run.name] else { return }
        subject.runs -= 1
        forgetIfIdle(subject)
    }
}
