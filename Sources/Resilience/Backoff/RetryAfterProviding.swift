/// An error that knows when another attempt makes sense: a `Retry-After` header, or a breaker's
/// ``CircuitBreaker/Rejection``.
///
/// ``RetryPolicy`` waits that long instead of by its backoff, and starts the backoff anew after it.
public protocol RetryAfterProviding: Error {
    /// How long to wait before the next attempt; nil or nothing where the error does not say.
    var retryAfterHint: Duration? { get }
}
