internal import EmergencyStopCore

extension EmergencyStopClient {
    /// Where the sidecar is, and how soon what is noticed. The defaults need no thought.
    ///
    /// While the sidecar restarts, what a client knew last holds until its lease ends, so that a restart stops nobody.
    /// Whether that fits is checked when a client is made: ``pingInterval`` and all of ``reconnect`` together must not be
    /// longer than ``lease``.
    public struct Configuration: Sendable, Hashable {
        /// The socket of the sidecar, an absolute path of at most 103 bytes. By default `$ESTOP_SOCKET`, else
        /// `/run/estop/estop.sock`.
        public var socketPath: String

        /// Users, besides root, this process's own and `estop`, that the sidecar may run as. A socket of anybody else
        /// counts as no sidecar.
        public var trustedUserIDs: Set<UInt32> = []

        /// How long after the last proof that the sidecar lives a status other than `stop` is believed: 10 s, which is
        /// the most as well, since that is what every workflow promises.
        public var lease: Duration = .seconds(10)

        /// How often the sidecar has to prove that it lives: 2 s.
        public var pingInterval: Duration = .seconds(2)

        /// How long the first question about a name may take before it is answered `stop`: 8 s, so that a restart of
        /// the sidecar is no stop.
        public var firstAnswerTimeout: Duration = .seconds(8)

        /// How long each step of finding a sidecar that was restarted may take.
        public var reconnect = Reconnect()

        /// Runs that were paused go on after a random time of up to this, so that they do not all start at once:
        /// 500 ms.
        public var resumeJitter: Duration = .milliseconds(500)

        /// How many processes above this one stand for its runs as well: should it be killed, they end what it leaves
        /// behind, and its runs are shown as lost until they are gone, too.
        package var standingParents = 0

        /// Creates a configuration with the defaults.
        ///
        /// - Parameter socketPath: The socket of the sidecar; `nil` for `$ESTOP_SOCKET`, else `/run/estop/estop.sock`.
        public init(socketPath: String? = nil) {
            self.socketPath = socketPath ?? SocketPath.resolved
        }
    }
}

extension EmergencyStopClient.Configuration {
    /// The steps of a reconnect, each with the longest time that it may take. Together with a ping interval they have to
    /// fit into the lease, or every restart of the sidecar would stop every workflow.
    public struct Reconnect: Sendable, Hashable {
        /// What the sidecar may take from `SIGTERM` to its first answer after the restart: 3 s.
        public var sidecarRestart: Duration = .seconds(3)

        /// How long no attempt to connect is made after five have failed in a row: 1 s.
        public var breakerTimeout: Duration = .seconds(1)

        /// The longest pause between two attempts to connect: 500 ms, give or take half.
        public var longestBackoff: Duration = .milliseconds(500)

        /// How long an attempt to connect may take: 1 s.
        public var connectTimeout: Duration = .seconds(1)

        /// What asking for every name again after a reconnect may take: 500 ms.
        public var catchUp: Duration = .milliseconds(500)

        /// Creates the defaults.
        public init() {}
    }
}

/// What ``EmergencyStopClient/withWorkflow(_:whenPaused:whenStopped:isolation:_:)`` does about a workflow that may not
/// begin yet.
public enum StartPolicy: Sendable, Hashable {
    /// Waits until it may, however long that takes.
    case wait
    /// Throws ``EmergencyStopped`` at once: for what is started by a timer, and must not pile up.
    case fail
}
