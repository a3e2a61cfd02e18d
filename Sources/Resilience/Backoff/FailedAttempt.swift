/// An attempt that failed and will be followed by another, as told to the observer of ``RetryPolicy``.
public struct FailedAttempt: Sendable {
    /// Which attempt failed; the first is 1.
    public let attempt: Int
    /// What it threw.
    public let error: any Error
    /// How long until the next attempt.
    public let delay: Duration
}
