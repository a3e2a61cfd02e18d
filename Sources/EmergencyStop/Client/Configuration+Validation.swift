internal import Resilience

extension EmergencyStopClient.Configuration {
    /// Refuses what cannot keep the promises.
    func validate() throws(ConfigurationError) {
        try validateSocketPath()
        try validateDurations()
        guard lease <= .seconds(10) else {
            throw ConfigurationError(
                .lease,
                "the lease is \(lease), but nothing may go on for more than 10 s in the dark: choose 10 s or less"
            )
        }
        guard reconnect <= lease else {
            throw ConfigurationError(
                .reconnect,
                """
                a reconnect takes up to \(reconnect) (ping interval \(pingInterval), the sidecar's restart \
                \(sidecarRestart), breaker \(breakerTimeout), backoff \(backoff.longestDelay), connecting \
                \(connectTimeout), catching up \(catchUp)), which does not fit into the lease of \(lease), so that a \
                restart of the sidecar would stop every workflow: shorten one of them
                """
            )
        }
    }

    /// The longest that a client can be without proof of life though the sidecar only restarts.
    var reconnect: Duration {
        pingInterval + sidecarRestart + breakerTimeout + backoff.longestDelay + connectTimeout + catchUp
    }

    /// How long attempts to connect are apart.
    var backoff: ExponentialBackoff {
        ExponentialBackoff(
            initial: longestBackoff / 10, multiplier: 2, maximum: longestBackoff, jitter: .factor(0.5)
        )
    }

    /// When attempts to connect are not made for a while.
    var breaker: CircuitBreaker.Settings {
        CircuitBreaker.Settings(timeout: breakerTimeout, readyToTrip: { $0.consecutiveFailures >= 5 })
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

    private func validateSocketPath() throws(ConfigurationError) {
        guard socketPath.utf8.first == UInt8(ascii: "/") else {
            throw ConfigurationError(
                .socketPath,
                "the socket path “\(socketPath)” is not absolute: give the path that estopd was given as --socket"
            )
        }
        let length = socketPath.utf8.count
        guard length <= SocketPath.byteLimit, !socketPath.utf8.contains(0) else {
            throw ConfigurationError(
                .socketPath,
                "the socket path \(socketPath) has \(length) bytes, and a socket's address has room for"
                    + " \(SocketPath.byteLimit): choose a shorter one"
            )
        }
    }

    private func validateDurations() throws(ConfigurationError) {
        let positive: [(String, Duration)] = [
            ("lease", lease), ("pingInterval", pingInterval), ("firstAnswerTimeout", firstAnswerTimeout),
            ("breakerTimeout", breakerTimeout), ("connectTimeout", connectTimeout),
        ]
        for (name, duration) in positive where duration < .milliseconds(1) || duration > .seconds(86_400) {
            throw ConfigurationError(.duration, "\(name) is \(duration): choose between 1 ms and a day")
        }
        let natural: [(String, Duration)] = [
            ("sidecarRestart", sidecarRestart), ("longestBackoff", longestBackoff), ("catchUp", catchUp),
            ("resumeJitter", resumeJitter),
        ]
        for (name, duration) in natural where duration < .zero || duration > .seconds(86_400) {
            throw ConfigurationError(.duration, "\(name) is \(duration): choose between 0 and a day")
        }
    }
}
