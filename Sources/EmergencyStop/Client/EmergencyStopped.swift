public import EmergencyStopCore
public import Resilience

/// A workflow may not run, or may not go on.
///
/// Thrown by ``EmergencyStopClient/withWorkflow(_:whenPaused:whenStopped:isolation:_:)`` and ``WorkflowRun/checkpoint()``.
/// To be caught, printed and ended with: by convention with exit code 75, "try again later".
///
/// As an `Interruption` of `Resilience` it is never retried by a `RetryPolicy` and neutral to a `CircuitBreaker`: a stopped
/// workflow is not begun again unasked, and its stop is no failure of what it works on.
public struct EmergencyStopped: Interruption, Sendable, CustomStringConvertible {
    /// Why: the status that stopped the workflow, with its cause and the operator's reason.
    public let report: StatusReport
    /// What the body threw when it was cancelled; `nil` if it never began, or returned as if nothing had happened.
    public let underlying: (any Error)?

    /// Creates an error, for tests of code that handles it.
    public init(report: StatusReport, underlying: (any Error)? = nil) {
        self.report = report
        self.underlying = underlying
    }

    /// One line for people: `SatelliteDiskErase: stop (listed): wrong datacenter, by jdoak`.
    public var description: String { report.description }
}
