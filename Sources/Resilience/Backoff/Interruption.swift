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
