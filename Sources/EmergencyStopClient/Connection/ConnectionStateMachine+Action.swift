internal import EmergencyStop

extension ConnectionStateMachine {
    /// What is to be done, in this order.
    enum Action: Sendable, Hashable {
        /// Ask the breaker, and connect.
        case connect
        /// Tell the breaker what became of the attempt.
        case settleAttempt(AttemptOutcome)
        case send(Request)
        /// Close the connection; nothing that still comes from it counts.
        case close
        /// A name has this report from now on. Unless it is a stop, it is believed until then.
        case tell(WorkflowName, StatusReport, until: MonotonicInstant)
        /// These names' reports are believed for longer.
        case extend([WorkflowName], until: MonotonicInstant)
        /// A run is registered, and this report held after that: if it is `go`, its body may start.
        case entered(RunID, StatusReport)
        /// A run cannot be registered, so it must not go on.
        case refused(RunID, StatusReport)
        /// Something that a log or a metric should have.
        case note(Note)
        /// All is said and done after `shutDown`.
        case finished
    }

    enum AttemptOutcome: Sendable, Hashable {
        case success, failure, neutral
    }

    enum Note: Sendable, Hashable {
        /// The sidecar has proved itself alive on a new connection.
        case connected(instance: String?)
        /// The connection is gone, or there was none to be had. What was said last is believed for so much longer;
        /// `nil` where everything is stopped.
        case disconnected(reason: String, leaseLeft: Duration?)
        /// Names whose lease ended without a word from the sidecar.
        case lapsed(names: Int)
        /// A stop came and went while the sidecar could not be heard.
        case missedStop(WorkflowName)
        /// A request was refused.
        case refused(ServerLine.Refusal)
        /// How long the sidecar took to answer.
        case answered(after: Duration)
    }
}
