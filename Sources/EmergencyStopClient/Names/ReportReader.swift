internal import EmergencyStop

/// Somebody who is told of a name: a stream, or a run.
protocol ReportReader: AnyObject, Sendable {
    /// Takes a report in. Called in the order of the reports, without a lock held.
    ///
    /// - Parameter end: Until when the report is believed, unless it is a stop.
    /// - Returns: What is left to do once every reader has been told: to cancel a body, whose handlers for that may
    ///   take their time.
    func offer(_ report: StatusReport, until end: MonotonicInstant) -> (@Sendable () -> Void)?

    /// The report that was offered last is believed for longer.
    func extend(until end: MonotonicInstant)
}
