/// Wraps an error that trying again will not mend; ``RetryPolicy`` gives up at once.
///
/// ```swift
/// guard response.status != 404 else { throw Permanent(NotFound()) }
/// ```
///
/// What is thrown in the end is a ``RetryError`` whose `lastError` is the inner error, not the wrapper.
public struct Permanent: Error, CustomStringConvertible {
    /// The error itself.
    public let error: any Error

    /// Marks `error` as permanent.
    public init(_ error: any Error) {
        self.error = error
    }

    /// The inner error's description.
    public var description: String { "\(error)" }
}

/// An error that knows when another attempt makes sense: a `Retry-After` header, or a breaker's
/// ``CircuitBreaker/Rejection``.
///
/// ``RetryPolicy`` waits that long instead of by its backoff, and starts the backoff anew after it.
public protocol RetryAfterProviding: Error {
    /// How long to wait before the next attempt; nil or nothing where the error does not say.
    var retryAfterHint: Duration? { get }
}

/// An error that says to end, and nothing of what was tried: somebody wants no more of it.
///
/// ``RetryPolicy`` tries nothing again that was ended so, and throws the error as it is; for a ``CircuitBreaker`` it
/// counts as neither a success nor a failure. `CancellationError` is one, and so is the `EmergencyStopped` of the module
/// `EmergencyStop`: what an operator has stopped is not begun again unasked.
///
/// ```swift
/// struct ShiftIsOver: Interruption {}
/// ```
///
/// Both ask for it before they ask their own closures, `isPermanent`, `isExcluded` and `countsAsSuccess`.
public protocol Interruption: Error {}

extension CancellationError: Interruption {}
