extension TokenBucket {
    /// More tokens were asked for than the bucket can ever hold: no wait would do.
    public struct ExceedsCapacity: Error, Hashable, CustomStringConvertible {
        /// How many were asked for.
        public let requested: Int
        /// How many the bucket holds.
        public let capacity: Int

        /// What happened and what to do.
        public var description: String {
            "\(requested) tokens asked for, but the bucket holds \(capacity): ask for fewer or raise its capacity"
        }
    }

    /// The tokens would not be there within the limit. Nothing was taken.
    public struct WaitTooLong: Error, Hashable, RetryAfterProviding, CustomStringConvertible {
        /// How long the wait would have been.
        public let wait: Duration
        /// How long it was allowed to be.
        public let limit: Duration

        /// The wait, as a ``RetryPolicy`` reads it.
        public var retryAfterHint: Duration? { wait }

        /// What happened and what to do.
        public var description: String {
            "the tokens would take \(wait.readable), more than the \(limit.readable) allowed: try later or allow more"
        }
    }
}
