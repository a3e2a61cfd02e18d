internal import EmergencyStopCore

/// Which runs the sidecar is to know of, and what it has confirmed.
struct RunRegistrations: Sendable {
    private struct Registration {
        var name: WorkflowName
        /// The last ping before the registration was sent on the present connection; a later one's answer confirms it.
        var sentAfterPing: UInt64?
        /// When it was sent last, as long as it is not confirmed: the run begins with the one that is.
        var begunAt: MonotonicInstant?
        var isConfirmed = false
    }

    private var registrations: [RunID: Registration] = [:]
    /// Those that wait for a confirmation, so that an answer need not look at all.
    private var unconfirmed: Set<RunID> = []
    /// Runs that have ended, until the sidecar has confirmed that it knows.
    private var ended: [RunID: WorkflowName] = [:]

    /// Whether no run is going on and none is left to sign off.
    var isEmpty: Bool { registrations.isEmpty && ended.isEmpty }

    mutating func enter(_ run: RunID, _ name: WorkflowName) {
        registrations[run] = Registration(name: name)
        // One that left and is back must not be signed off on the next connection.
        ended[run] = nil
    }

    /// Ends a run.
    ///
    /// - Returns: The name, if the sidecar has to be told.
    mutating func leave(_ run: RunID) -> WorkflowName? {
        guard let registration = registrations.removeValue(forKey: run) else { return nil }
        unconfirmed.remove(run)
        guard registration.sentAfterPing != nil || registration.isConfirmed else { return nil }
        ended[run] = registration.name
        return registration.name
    }

    /// The registration of a run is being sent.
    ///
    /// - Returns: How long the run has been going on, where the sidecar that it was registered with first may not be the
    ///   one that is told now.
    mutating func sent(_ run: RunID, afterPing token: UInt64, at now: MonotonicInstant) -> Duration? {
        guard var registration = registrations[run] else { return nil }
        registration.sentAfterPing = token
        if !registration.isConfirmed { registration.begunAt = now }
        registrations[run] = registration
        unconfirmed.insert(run)
        return registration.isConfirmed ? registration.begunAt.map { $0.duration(to: now) } : nil
    }

    /// The runs, with their names, whose first registration the answer to this ping confirms.
    mutating func confirm(upToPing token: UInt64) -> [(RunID, WorkflowName)] {
        var confirmed: [(RunID, WorkflowName)] = []
        for run in unconfirmed {
            guard let registration = registrations[run], let sent = registration.sentAfterPing, sent < token else {
                continue
            }
            confirmed.append((run, registration.name))
        }
        return confirmed.filter { run, _ in
            unconfirmed.remove(run)
            defer { registrations[run]?.isConfirmed = true }
            return registrations[run]?.isConfirmed == false
        }
    }

    /// The sidecar has confirmed that a run has ended.
    mutating func left(_ run: RunID) {
        ended[run] = nil
    }

    /// The sidecar knows of no ended run of this name.
    mutating func left(allOf name: WorkflowName) {
        ended = ended.filter { $0.value != name }
    }

    /// The runs of a name whose registration was sent and is not confirmed.
    func unconfirmed(of name: WorkflowName) -> [RunID] {
        unconfirmed.filter { registrations[$0]?.name == name }
    }

    /// What a new connection has to be told: runs that go on, whatever their status, and runs that ended meanwhile.
    var toRegister: [(RunID, WorkflowName)] { registrations.map { ($0.key, $0.value.name) } }
    var toSignOff: [(RunID, WorkflowName)] { ended.map { ($0.key, $0.value) } }
}
