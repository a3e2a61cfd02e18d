extension CircuitBreaker {
    /// What a breaker has counted since it entered its state, or since the present interval began.
    public struct Counts: Sendable, Hashable, CustomStringConvertible {
        /// Calls admitted.
        public var requests: Int
        /// Of those, how many succeeded.
        public var successes: Int
        /// Of those, how many failed.
        public var failures: Int
        /// Of those, how many ended neither way: cancelled, excluded, or their permit was let go.
        public var excluded: Int
        /// Successes since the last failure.
        public var consecutiveSuccesses: Int
        /// Failures since the last success.
        public var consecutiveFailures: Int

        /// Creates counts, for a test of a `readyToTrip`.
        public init(
            requests: Int = 0, successes: Int = 0, failures: Int = 0, excluded: Int = 0,
            consecutiveSuccesses: Int = 0, consecutiveFailures: Int = 0
        ) {
            self.requests = requests
            self.successes = successes
            self.failures = failures
            self.excluded = excluded
            self.consecutiveSuccesses = consecutiveSuccesses
            self.consecutiveFailures = consecutiveFailures
        }

        /// The six numbers in the order in which they are declared.
        public var description: String {
            "(\(requests), \(successes), \(failures), \(excluded), \(consecutiveSuccesses), \(consecutiveFailures))"
        }

        mutating func recordSuccess() {
            successes &+= 1
            consecutiveSuccesses &+= 1
            consecutiveFailures = 0
        }

        mutating func recordFailure() {
            failures &+= 1
            consecutiveFailures &+= 1
            consecutiveSuccesses = 0
        }
    }
}
