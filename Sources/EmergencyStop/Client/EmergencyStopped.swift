public import EmergencyStopCore

/// A workflow may not run, or may not go on.
///
/// Thrown by ``EmergencyStopClient/withWorkflow(_:whenPaused:isolation:_:)`` and ``WorkflowRun/checkpoint()``.
public struct EmergencyStopped: Error, Sendable, CustomStringConvertible {
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
    public var description: String {
        var text = "\(report.name): \(report.status.rawValue) (\(report.cause)"
        if let pattern = report.pattern { text += " \(pattern)" }
        text += ")"
        if let reason = report.reason { text += ": \(reason)" }
        if let by = report.by { text += ", by \(by)" }
        return text
    }
}
