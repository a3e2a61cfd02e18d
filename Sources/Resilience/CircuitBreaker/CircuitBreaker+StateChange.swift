extension CircuitBreaker {
    /// One step from a state to another.
    public struct StateChange: Sendable, Hashable, CustomStringConvertible {
        /// The state that was left.
        public let from: State
        /// The state that was entered.
        public let to: State
        /// What had been counted when the state was left: why it was left, where counting was the reason.
        public let counts: Counts

        /// For instance `closed → open`.
        public var description: String { "\(from) → \(to)" }
    }
}
