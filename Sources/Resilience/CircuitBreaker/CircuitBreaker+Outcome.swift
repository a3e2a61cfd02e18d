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
