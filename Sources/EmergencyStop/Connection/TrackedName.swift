internal import EmergencyStopCore

/// What a client knows of one name.
struct TrackedName: Sendable {
    /// What the sidecar said last.
    private(set) var line: StatusReport?
    /// Whether it said so on the present connection.
    private(set) var isCurrent = false
    /// Whether it has also proved itself alive since, on the present connection.
    private(set) var isCovered = false
    /// Until when what holds is believed.
    private(set) var lease = Lease.none
    /// What readers were told last, `nil` while the first answer is owed.
    var told: StatusReport?
    /// When the first answer is due at the latest.
    let answerBy: MonotonicInstant

    /// The life of the sidecar, and the revision in it, that the last line told of.
    private var seen: (instance: String?, revision: UInt64)?

    init(answerBy: MonotonicInstant) {
        self.answerBy = answerBy
    }

    /// Takes in what the sidecar says.
    ///
    /// - Returns: Whether a stop came and went since the last line without having been heard of.
    mutating func accept(_ status: ServerLine.Status, instance: String?) -> Bool {
        let hasMissedStop = missesStop(before: status, instance: instance)
        line = status.report
        isCurrent = true
        seen = status.revisions.map { (instance, $0.current) }
        return hasMissedStop
    }

    private func missesStop(before status: ServerLine.Status, instance: String?) -> Bool {
        guard line != nil, status.report.status != .stop else { return false }
        guard let revisions = status.revisions, let instance else {
            // Without revisions nobody can tell, except that on one connection nothing is skipped.
            return !isCurrent
        }
        guard let seen, seen.instance == instance else {
            // Another life of the sidecar: every stop that it has seen came after the last line of the one before.
            return revisions.stopped > 0
        }
        return revisions.stopped > seen.revision
    }

    /// What readers should be told instead of what they were told, if anything.
    ///
    /// A restraint holds as soon as it is heard. What allows more waits for a proof of life that came after it on the
    /// same connection, as does a mere change of reason: by then all names have caught up.
    func news(at now: MonotonicInstant) -> StatusReport? {
        guard let line, isCurrent, line != told else { return nil }
        if line.status == .stop { return line }
        guard lease.covers(now) else { return nil }
        if isCovered { return line }
        return told.map { line.status < $0.status } == true ? line : nil
    }

    mutating func lapse() {
        lease = .none
        isCovered = false
    }

    /// The sidecar has proved itself alive after its line for this name.
    mutating func extend(to end: MonotonicInstant) {
        lease.extend(to: end)
        isCovered = true
    }

    /// The connection is gone: what it said holds on, until the lease ends.
    mutating func disconnect() {
        isCurrent = false
        isCovered = false
    }

    /// The sidecar does not tell of this name, so nothing that it said before may live on.
    mutating func refuse() {
        line = nil
        disconnect()
        lease = .none
    }
}
