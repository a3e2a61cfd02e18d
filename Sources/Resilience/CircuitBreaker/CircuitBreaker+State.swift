extension CircuitBreaker {
    /// Where the breaker stands.
    public enum State: String, Sendable, Hashable, CustomStringConvertible {
        /// Calls pass.
        case closed
        /// Calls are rejected.
        case open
        /// A few calls pass, to find out whether things are well again.
        case halfOpen = "half-open"

        /// `closed`, `open` or `half-open`.
        public var description: String { rawValue }
    }
}
