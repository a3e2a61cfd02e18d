internal import Resilience

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
            address: String = "the socket"
        ) {
            self.lease = lease
            self.pingInterval = pingInterval
            self.silenceLimit = silenceLimit
            self.refusalPause = refusalPause
            self.drainLimit = drainLimit
            self.backoff = backoff
            self.address = address
        }
    }
}
