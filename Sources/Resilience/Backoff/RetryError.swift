/// Every attempt failed, or it made no sense to go on: how often, with what, and why it ended.
public struct RetryError: Error, CustomStringConvertible {
    /// Why there was no further attempt.
    public enum Reason: Sendable, Hashable, CustomStringConvertible {
        /// The error was permanent.
        case permanent
        /// As many attempts as allowed were made.
        case attempts(limit: Int)
        /// The next attempt would have begun later than allowed.
        case elapsed(limit: Duration)

        /// The reason in words.
        public var description: String {
            switch self {
            case .permanent: "the error is permanent"
            case .attempts(let limit): "\(limit) \(limit == 1 ? "attempt is" : "attempts are") allowed"
            case .elapsed(let limit): "the next attempt would come later than the \(limit.readable) allowed"
            }
        }
    }

    /// How many times the body ran.
    public let attempts: Int
    /// What the last attempt threw, without its ``Permanent`` wrapper.
    public let lastError: any Error
    /// Why there was no further attempt.
    public let reason: Reason
    /// From the start of the first attempt to giving up.
    public let elapsed: Duration

    /// For instance `gave up after 3 attempts in 2.5 s (3 attempts are allowed): connection refused`.
    public var description: String {
        "gave up after \(attempts) \(attempts == 1 ? "attempt" : "attempts") in \(elapsed.readable) (\(reason)): \(lastError)"
    }
}

/// An attempt that failed and will be followed by another, as told to the observer of ``RetryPolicy``.
public struct FailedAttempt: Sendable {
    /// Which attempt failed; the first is 1.
    public let attempt: Int
    /// What it threw.
    public let error: any Error
    /// How long until the next attempt.
    public let delay: Duration
}
