extension ExponentialBackoff {
    /// How a wait is spread, so that those who failed together do not come back together.
    public struct Jitter: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case none, full
            case factor(Double)
        }

        let kind: Kind

        /// No spread: for tests, and where only one ever waits.
        public static let none = Jitter(kind: .none)

        /// Anywhere from nothing to the whole wait: spreads best, and may try again at once.
        public static let full = Jitter(kind: .full)

        /// Evenly within `factor` of the wait to either side, so that 0.5 turns 2 s into 1…3 s. It may pass the
        /// backoff's maximum by as much. Held within 0…1; what is not a number is taken as 0.
        public static func factor(_ factor: Double) -> Jitter {
            Jitter(kind: .factor(factor > 0 ? min(factor, 1) : 0))
        }
    }
}
