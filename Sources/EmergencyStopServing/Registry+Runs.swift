package import EmergencyStopCore

extension Registry {
    /// Why a run cannot be entered or left.
    package enum RunRefusal: Error, Hashable {
        /// It is another user's.
        case foreign
        /// It is known as a run of another workflow.
        case otherName(WorkflowName)
        /// The user has so many already.
        case tooMany(limit: Int)
    }

    /// Registers a run of a connection. One that is known already, lost or not, becomes this connection's, and its
    /// process's; since when it runs is known then.
    mutating func enter(
        _ entering: Session.Entering, by process: KnownProcess, on owner: SessionID
    ) throws(RunRefusal) {
        let (id, name, peer) = (entering.run, entering.name, process.identity.peer)
        if let known = runs[id] {
            try check(known, name, peer)
            let before = known.process.identity
            quotas.giveBack(.runs, before.peer.uid)
            _ = quotas.take(.runs, peer.uid)
            // Where the process is the same and cannot be seen any more, what was seen of it still holds.
            let isUnseen = process.identity.startedAt == nil && peer.pid == before.peer.pid
            return runs.setOwner(of: id, to: owner, isUnseen ? known.process : process)
        }
        guard quotas.take(.runs, peer.uid) else { throw .tooMany(limit: quotas.limit(.runs)) }
        runs.insert(
            Run(id: id, name: name, process: process, since: entering.since, entered: revision, owner: owner)
        )
        let place = place(of: name)
        subjects.change(at: place) { $0.runs += 1 }
    }

    /// Ends a run. Leaving one that is not known is no mistake: the sidecar may have been restarted.
    mutating func leave(_ id: RunID, of name: WorkflowName, by peer: Peer) throws(RunRefusal) {
        guard let run = runs[id] else { return }
        try check(run, name, peer)
        remove(run)
    }

    /// Takes note that a connection has closed: what it ran and did not leave is lost.
    mutating func lose(_ id: RunID, of owner: SessionID) {
        if runs[id]?.owner == owner { runs.setOwner(of: id, to: nil) }
    }

    /// Whether there are lost runs, whose processes are to be looked at every now and then.
    package var hasLostRuns: Bool { runs.hasLost }

    /// Looks at the processes that stand for some lost runs, others each time, and forgets the runs for which none
    /// stands any more.
    package mutating func lookAtLostRuns(_ limit: Int, _ isGone: (ProcessIdentity) -> Bool) {
        for standing in runs.nextToLookAt(limit) where standing.allSatisfy(isGone) {
            for id in runs.lostRuns(of: standing) {
                if let run = runs[id] { remove(run) }
            }
        }
    }

    /// How many runs this very name has.
    package func runs(of name: WorkflowName) -> Int { subjects[name]?.runs ?? 0 }

    package var runCount: Int { runs.count }

    /// What a run has to do: as its name, but that a run which was stopped stays stopped when its name goes again.
    func status(of run: Run) -> WorkflowStatus {
        let status = served.status(of: run.name)
        return status != .stop && lastStop(of: run.name).revision >= run.entered ? .stop : status
    }

    private func check(_ run: Run, _ name: WorkflowName, _ peer: Peer) throws(RunRefusal) {
        // `ps` shows the ids to everyone who may connect, so an id alone proves nothing.
        guard peer.uid == run.process.identity.peer.uid || peer.uid == 0 else { throw .foreign }
        guard run.name == name else { throw .otherName(run.name) }
    }

    private mutating func remove(_ run: Run) {
        runs.remove(run.id)
        quotas.giveBack(.runs, run.process.identity.peer.uid)
        if let place = subjects.place(of: run.name) { subjects.change(at: place) { $0.runs -= 1 } }
    }
}
