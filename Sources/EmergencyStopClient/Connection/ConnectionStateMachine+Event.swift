internal import EmergencyStop

extension ConnectionStateMachine {
    /// What happens to a connection.
    enum Event: Sendable, Hashable {
        /// The client begins to run.
        case start
        /// The client stops running.
        case shutDown
        /// The time that was asked for has come.
        case wake
        /// The breaker does not admit a connection attempt for as long.
        case attemptRejected(retryAfter: Duration)
        /// There is a connection, to a socket of this user.
        case connected(Peer)
        /// There is no connection.
        case connectFailed(ConnectFailure)
        /// A line came.
        case received(ServerLine)
        /// The other side does not speak the protocol.
        case receivedGarbage(String)
        /// The connection is gone.
        case closed
        /// Somebody wants to know of a name. The first answer is owed until the given time.
        case watch(WorkflowName, answerBy: MonotonicInstant)
        /// Nobody wants to know of a name any more.
        case forget(WorkflowName)
        /// A run wants to start, and is to be registered.
        case enter(RunID, WorkflowName)
        /// A run's body has returned, or will not start.
        case leave(RunID)
        /// A reader saw by its own clock that a name's lease had ended, and whoever reads now sees a stop.
        case lapseSeen(WorkflowName)
    }

    /// Whose socket it is.
    struct Peer: Sendable, Hashable {
        var userID: UInt32
        var isTrusted: Bool
    }

    enum ConnectFailure: Sendable, Hashable {
        /// The sidecar's backlog is full: it lives, and too many come at once.
        case busy
        /// Nobody listens, or nobody may be reached, for this reason.
        case refused(String)
    }
}
