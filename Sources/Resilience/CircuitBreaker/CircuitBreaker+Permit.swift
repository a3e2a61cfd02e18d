extension CircuitBreaker {
    /// Leave to make one call, from ``CircuitBreaker/admit()``.
    ///
    /// It cannot be copied, and each way to resolve it consumes it: it is resolved exactly once. One that is let go,
    /// by an early return or an error on the way, is neutral; a half-open breaker gets its place back, so no probe can
    /// be lost. Results that come after the breaker has moved on are ignored.
    public struct Permit: ~Copyable, Sendable {
        private let breaker: CircuitBreaker
        private let generation: UInt64
        // `discard self` is not to be had for a type that holds a class reference.
        private var isResolved = false

        init(breaker: CircuitBreaker, generation: UInt64) {
            self.breaker = breaker
            self.generation = generation
        }

        deinit {
            if !isResolved { breaker.end(generation, .neutral) }
        }

        /// The call succeeded.
        public consuming func succeed() {
            resolve(.success)
        }

        /// The call failed.
        public consuming func fail() {
            resolve(.failure)
        }

        /// The call was not made, or says nothing about the health of what was called.
        public consuming func abandon() {
            resolve(.neutral)
        }

        private mutating func resolve(_ outcome: Outcome) {
            isResolved = true
            breaker.end(generation, outcome)
        }
    }
}

extension CircuitBreaker {
    /// How an admitted call ended.
    @usableFromInline
    enum Outcome: Sendable {
        case success
        case failure
        /// Says nothing about the health of what was called: cancelled, excluded, or abandoned.
        case neutral
    }
}

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
                "circuit breaker is open after too many failures: try again in \(retryAfter.readable)"
            }
        }
    }
}
