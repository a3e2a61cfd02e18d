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
