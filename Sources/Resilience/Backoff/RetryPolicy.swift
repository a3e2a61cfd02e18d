/// Runs a body again when it fails, with growing pauses, until it succeeds or trying makes no more sense.
///
/// ```swift
/// let page = try await RetryPolicy(maxAttempts: 5).execute {
///     try await fetch(url)
/// }
/// ```
///
/// It ends with what the body returned, with a ``RetryError`` that tells how often it tried, the last error and why it
/// stopped, or, when the task is cancelled, with `CancellationError`: at once, in the middle of a pause too. An
/// ``Interruption`` ends it at once as well, a workflow's emergency stop among them.
///
/// A policy is a value with no state and may be shared by any number of calls at a time.
///
/// **Source.** cenkalti/backoff's `Retry`. <doc:BackoffArticle> lists where this differs, and
/// <doc:BreakerAndRetry> how to use it with a ``CircuitBreaker``.
public struct RetryPolicy: Sendable {
    /// How long to wait between attempts.
    public var backoff: ExponentialBackoff

    /// How many times the body runs at the most, the first included; nil, the default, for no limit. The body always
    /// runs once.
    public var maxAttempts: Int?

    /// No attempt begins later than this after the first began; nil for no limit. 15 minutes by default.
    public var maxElapsed: Duration?

    /// Errors that trying again will not mend. Those wrapped as ``Permanent`` always are; by default nothing more.
    public var isPermanent: @Sendable (any Error) -> Bool

    /// Creates a policy; the defaults are cenkalti's.
    public init(
        backoff: ExponentialBackoff = .init(),
        maxAttempts: Int? = nil,
        maxElapsed: Duration? = .seconds(15 * 60),
        isPermanent: @escaping @Sendable (any Error) -> Bool = { _ in false }
    ) {
        self.backoff = backoff
        self.maxAttempts = maxAttempts.map { max(1, $0) }
        self.maxElapsed = maxElapsed
        self.isPermanent = isPermanent
    }

    /// Runs `body` until it succeeds or the policy gives up.
    ///
    /// - Parameters:
    ///   - clock: What pauses and elapsed time are measured with.
    ///   - isolation: The caller's actor, on which `body` and `onRetry` run; leave it as it is.
    ///   - onRetry: Told of each failure that another attempt will follow, before the pause.
    ///   - body: What to try; it is told which attempt this is, from 1.
    /// - Throws: ``RetryError``; `CancellationError` when the task is cancelled; or the ``Interruption`` that the body
    ///   threw, as it is.
    public func execute<R, C: Clock>(
        clock: C = ContinuousClock(),
        isolation: isolated (any Actor)? = #isolation,
        onRetry: (FailedAttempt) -> Void = { _ in },
        _ body: (_ attempt: Int) async throws -> R
    ) async throws -> R where C.Duration == Duration {
        var generator = SystemRandomNumberGenerator()
        return try await execute(clock: clock, using: &generator, onRetry: onRetry, body)
    }

    /// Runs `body`, which need not know which attempt it is, until it succeeds or the policy gives up.
    ///
    /// - Parameters:
    ///   - clock: What pauses and elapsed time are measured with.
    ///   - isolation: The caller's actor, on which `body` and `onRetry` run; leave it as it is.
    ///   - onRetry: Told of each failure that another attempt will follow, before the pause.
    ///   - body: What to try.
    /// - Throws: ``RetryError``; `CancellationError` when the task is cancelled; or the ``Interruption`` that the body
    ///   threw, as it is.
    public func execute<R, C: Clock>(
        clock: C = ContinuousClock(),
        isolation: isolated (any Actor)? = #isolation,
        onRetry: (FailedAttempt) -> Void = { _ in },
        _ body: () async throws -> R
    ) async throws -> R where C.Duration == Duration {
        try await execute(clock: clock, onRetry: onRetry) { _ in try await body() }
    }

    /// Runs `body` until it succeeds or the policy gives up, with the caller's random numbers.
    ///
    /// - Parameters:
    ///   - clock: What pauses and elapsed time are measured with.
    ///   - generator: Where the jitter's chance comes from; one number is drawn for each pause.
    ///   - isolation: The caller's actor, on which `body` and `onRetry` run; leave it as it is.
    ///   - onRetry: Told of each failure that another attempt will follow, before the pause.
    ///   - body: What to try; it is told which attempt this is, from 1.
    /// - Throws: ``RetryError``; `CancellationError` when the task is cancelled; or the ``Interruption`` that the body
    ///   threw, as it is.
    public func execute<R, C: Clock>(
        clock: C = ContinuousClock(),
        using generator: inout some RandomNumberGenerator,
        isolation: isolated (any Actor)? = #isolation,
        onRetry: (FailedAttempt) -> Void = { _ in },
        _ body: (_ attempt: Int) async throws -> R
    ) async throws -> R where C.Duration == Duration {
        var plan = RetryPlan(self)
        let start = clock.now
        while true {
            let attempt = plan.attempt
            do {
                return try await body(attempt)
            } catch let error as any Interruption {
                throw error
            } catch {
                // What a cancelled body throws is seldom its own word for it.
                try Task.checkCancellation()
                let elapsed = start.duration(to: clock.now)
                switch plan.failed(error, elapsed: elapsed, using: &generator) {
                case .giveUp(let lastError, let reason):
                    throw RetryError(attempts: attempt, lastError: lastError, reason: reason, elapsed: elapsed)
                case .wait(let delay):
                    onRetry(FailedAttempt(attempt: attempt, error: error, delay: delay))
                    if delay > .zero { try await clock.sleep(until: clock.now.advanced(by: delay), tolerance: nil) }
                    try Task.checkCancellation()
                }
            }
        }
    }
}
