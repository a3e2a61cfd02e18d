extension CircuitBreaker {
    /// The breaker did not admit the call; nothing was run.
    public struct Rejection: Error, Hashable, Sendable, RetryAfterProviding, CustomStringConvertible {
        /// ``CircuitBreaker/State/open``, or ``CircuitBreaker/State/halfOpen`` when all its probes are out.
        public let state: State

        /// How long until the breaker may admit a call: the rest of its timeout. Zero in the half-open state, where
        /// nobody can tell when a probe will return; a ``RetryPolicy`` then waits by its own backoff.
        public let retryAfter: Duration

        /// The hint as a ``RetryPolicy`` reads it.
        public var retryAfterHint: Duration? { retryAfter }

        /// What happened and what to do.
        public var description: String {
            switch state {
            case .halfOpen:
                "circuit breaker is half-open and all its probes are out: too many requests, try again shortly"
            case .open, .closed:
                "circuit breaker is open after too many failures: try again in \(retryAfter)"
            }
        }
    }
}
