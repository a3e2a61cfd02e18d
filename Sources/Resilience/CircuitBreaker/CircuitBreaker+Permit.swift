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
