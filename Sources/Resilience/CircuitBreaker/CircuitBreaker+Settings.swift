extension CircuitBreaker {
    /// What trips a breaker, and how it comes back.
    public struct Settings: Sendable {
        /// How many calls a half-open breaker has under way at the most, and how many must succeed in a row to close
        /// it. Less than 1 is taken as 1, the default.
        public var maxRequests: Int

        /// The period after which a **closed** breaker clears its counts. Zero, the default, or less: never.
        public var interval: Duration

        /// How long an open breaker rejects every call before it turns half-open; and how long half-open probes may be
        /// out before new ones take their places. Zero or less is taken as 60 s, the default.
        public var timeout: Duration

        /// Asked after each failure of a closed breaker, with the counts that include it: true opens the breaker. The
        /// default is more than five failures in a row. Called without any lock, so it may use the breaker.
        public var readyToTrip: @Sendable (Counts) -> Bool

        /// Whether an error that a body threw counts as a success all the same, such as "not found" from a service
        /// that is well. By default none does.
        public var countsAsSuccess: @Sendable (any Error) -> Bool

        /// Whether an error counts as neither success nor failure. `CancellationError` always does; name here what
        /// else your libraries throw for a cancelled call. Asked before ``countsAsSuccess``. By default nothing more.
        public var isExcluded: @Sendable (any Error) -> Bool

        /// Creates settings; every default is gobreaker's.
        public init(
            maxRequests: Int = 1,
            interval: Duration = .zero,
            timeout: Duration = .seconds(60),
            readyToTrip: @escaping @Sendable (Counts) -> Bool = { $0.consecutiveFailures > 5 },
            countsAsSuccess: @escaping @Sendable (any Error) -> Bool = { _ in false },
            isExcluded: @escaping @Sendable (any Error) -> Bool = { _ in false }
        ) {
            self.maxRequests = maxRequests
            self.interval = interval
            self.timeout = timeout
            self.readyToTrip = readyToTrip
            self.countsAsSuccess = countsAsSuccess
            self.isExcluded = isExcluded
        }
    }
}
