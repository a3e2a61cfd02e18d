/// What to do after each failed attempt, as a value: errors, the time and chance go in, the decision comes out.
struct RetryPlan {
    enum Decision {
        case wait(Duration)
        case giveUp(lastError: any Error, RetryError.Reason)
    }

    let policy: RetryPolicy
    /// The attempt that is being made.
    private(set) var attempt = 1
    /// The attempt after which the backoff began anew, because an error said itself how long to wait.
    private var backoffStart = 0

    init(_ policy: RetryPolicy) {
        self.policy = policy
    }

    /// Decides what follows on the failure of the present attempt, and moves on to the next if there is one.
    mutating func failed(
        _ error: any Error, elapsed: Duration, using generator: inout some RandomNumberGenerator
    ) -> Decision {
        if let permanent = error as? Permanent { return .giveUp(lastError: permanent.error, .permanent) }
        if policy.isPermanent(error) { return .giveUp(lastError: error, .permanent) }
        if let limit = policy.maxAttempts, attempt >= limit {
            return .giveUp(lastError: error, .attempts(limit: limit))
        }
        // Asked for even when a hint replaces it: the same seed then gives the same waits whatever the errors say.
        var delay = policy.backoff.delay(attempt: attempt - backoffStart, using: &generator)
        if let hint = (error as? any RetryAfterProviding)?.retryAfterHint, hint > .zero {
            delay = hint
            backoffStart = attempt
        }
        if let limit = policy.maxElapsed, delay > limit - elapsed {
            return .giveUp(lastError: error, .elapsed(limit: limit))
        }
        attempt += 1
        return .wait(delay)
    }
}
