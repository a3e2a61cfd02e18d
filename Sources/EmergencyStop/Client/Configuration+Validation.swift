internal import Resilience

extension EmergencyStopClient.Configuration {
    /// A configuration that cannot keep the promises, and what to change.
    public struct ValidationError: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong. Codes may be added: keep a `default`.
        public struct Code: Sendable, Hashable, CustomStringConvertible {
            private enum Value: String { case socketPath, duration, lease, reconnect }

            private let value: Value

            /// The name of the code.
            public var description: String { value.rawValue }

            /// The socket's path is empty, not absolute or over 103 bytes.
            public static let socketPath = Code(value: .socketPath)
            /// A duration is not positive, or not within its limits.
            public static let duration = Code(value: .duration)
            /// The lease is longer than the 10 s that every workflow promises.
            public static let lease = Code(value: .lease)
            /// A reconnect would not fit into the lease, so every restart of the sidecar would stop everything.
            public static let reconnect = Code(value: .reconnect)
        }

        /// What is wrong.
        public let code: Code
        /// What is wrong and what to do about it.
        public let description: String

        init(_ code: Code, _ description: String) {
            self.code = code
            self.description = description
        }
    }

    /// Refuses what cannot keep the promises.
    func validate() throws(ValidationError) {
        try validateSocketPath()
        try validateDurations()
        guard lease <= .seconds(10) else {
            throw ValidationError(
                .lease,
                "the lease is \(lease.readable), but nothing may go on for more than 10 s in the dark: choose 10 s or less"
            )
        }
        guard longestReconnect <= lease else {
            throw ValidationError(
                .reconnect,
                """
                a reconnect takes up to \(longestReconnect.readable) (ping interval \(pingInterval.readable), the \
                sidecar's restart \(reconnect.sidecarRestart.readable), breaker \(reconnect.breakerTimeout.readable), \
                backoff \(backoff.longestDelay.readable), connecting \(reconnect.connectTimeout.readable), catching up \
                \(reconnect.catchUp.readable)), which does not fit into the lease of \(lease.readable), so that a \
                restart of the sidecar would stop every workflow: shorten one of them
                """
            )
        }
    }

    /// The longest that a client can be without proof of life though the sidecar only restarts.
    var longestReconnect: Duration {
        pingInterval + reconnect.sidecarRestart + reconnect.breakerTimeout + backoff.longestDelay
            + reconnect.connectTimeout + reconnect.catchUp
    }

    /// How long attempts to connect are apart.
    var backoff: ExponentialBackoff {
        ExponentialBackoff(
            initial: reconnect.longestBackoff / 10, multiplier: 2, maximum: reconnect.longestBackoff,
            jitter: .factor(0.5)
        )
    }

    /// When attempts to connect are not made for a while.
    var breaker: CircuitBreaker.Settings {
        CircuitBreaker.Settings(timeout: reconnect.breakerTimeout, readyToTrip: { $0.consecutiveFailures >= 5 })
    }

    /// What the state machine goes by.
    var machineSettings: ConnectionStateMachine.Settings {
        ConnectionStateMachine.Settings(
            lease: lease,
            pingInterval: pingInterval,
            backoff: backoff,
            standingParents: standingParents,
            address: socketPath
        )
    }

    private func validateSocketPath() throws(ValidationError) {
        guard socketPath.utf8.first == UInt8(ascii: "/") else {
            throw ValidationError(
                .socketPath,
                "the socket path “\(socketPath)” is not absolute: give the path that estopd was given as --socket"
            )
        }
        let length = socketPath.utf8.count
        guard length <= SocketPath.byteLimit, !socketPath.utf8.contains(0) else {
            throw ValidationError(
                .socketPath,
                "the socket path \(socketPath) has \(length) bytes, and a socket's address has room for"
                    + " \(SocketPath.byteLimit): choose a shorter one"
            )
        }
    }

    private func validateDurations() throws(ValidationError) {
        let positive: [(String, Duration)] = [
            ("lease", lease), ("pingInterval", pingInterval), ("firstAnswerTimeout", firstAnswerTimeout),
            ("reconnect.breakerTimeout", reconnect.breakerTimeout),
            ("reconnect.connectTimeout", reconnect.connectTimeout),
        ]
        for (name, duration) in positive where duration < .milliseconds(1) || duration > .seconds(86_400) {
            throw ValidationError(.duration, "\(name) is \(duration.readable): choose between 1 ms and a day")
        }
        let natural: [(String, Duration)] = [
            ("reconnect.sidecarRestart", reconnect.sidecarRestart),
            ("reconnect.longestBackoff", reconnect.longestBackoff), ("reconnect.catchUp", reconnect.catchUp),
            ("resumeJitter", resumeJitter),
        ]
        for (name, duration) in natural where duration < .zero || duration > .seconds(86_400) {
            throw ValidationError(.duration, "\(name) is \(duration.readable): choose between 0 and a day")
        }
    }
}
