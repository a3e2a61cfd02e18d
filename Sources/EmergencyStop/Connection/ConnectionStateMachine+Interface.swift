internal import EmergencyStopCore
internal import Resilience

// What goes into the machine and what comes out of it.

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
        /// A test lets every lease end, and every wait for a first answer.
        case leasesEnd
        /// A test wants to go on when all that the sidecar has sent up to here is handled, or will never be.
        case catchUp(Int)
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
        /// What ``Event/catchUp(_:)`` asked for.
        case caughtUp(Int)
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

extension ConnectionStateMachine {
    struct Settings: Sendable {
        /// The longest time that one answered ping is worth, counted from its sending.
        var lease: Duration
        var pingInterval: Duration
        /// How long a connection may leave pings unanswered before it is given up. Longer than a sidecar may take to
        /// its first settled read, until which it answers nobody.
        var silenceLimit: Duration
        /// How long a refused watch waits before it is tried again.
        var refusalPause: Duration
        /// How long a shutdown waits for runs to end, so that they can be signed off.
        var drainLimit: Duration
        var backoff: ExponentialBackoff
        /// How many processes above this one stand for its runs as well.
        var standingParents: Int
        /// Where the sidecar is, for messages.
        var address: String

        init(
            lease: Duration = .seconds(10),
            pingInterval: Duration = .seconds(2),
            silenceLimit: Duration = .seconds(30),
            refusalPause: Duration = .seconds(10),
            drainLimit: Duration = .seconds(1),
            backoff: ExponentialBackoff = .init(
                initial: .milliseconds(50), multiplier: 2, maximum: .milliseconds(500), jitter: .factor(0.5)
            ),
            standingParents: Int = 0,
            address: String = "the socket"
        ) {
            self.lease = lease
            self.pingInterval = pingInterval
            self.silenceLimit = silenceLimit
            self.refusalPause = refusalPause
            self.drainLimit = drainLimit
            self.backoff = backoff
            self.standingParents = standingParents
            self.address = address
        }
    }
}
