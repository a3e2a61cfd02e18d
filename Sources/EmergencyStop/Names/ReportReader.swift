internal import EmergencyStopCore

/// Somebody who is told of a name: a stream, or a run.
///
/// Being told has two parts, so that what decides is written for all before anyone is woken: who wakes first may act on
/// what another was to be told.
protocol ReportReader: AnyObject, Sendable {
    /// Writes a report down, and wakes nobody. Called in the order of the reports, without a lock held.
    ///
    /// - Parameter end: Until when the report is believed, unless it is a stop.
    func take(_ report: StatusReport, until end: MonotonicInstant)

    /// The report that was taken last is believed for longer.
    ///
    /// - Returns: `false` if the reader has seen its lease ended: it has taken that for a stop, and has to be woken.
    func extend(until end: MonotonicInstant) -> Bool

    /// Wakes whoever waits for what was taken.
    ///
    /// - Returns: What is left to do: to cancel a body, whose handlers for that may take their time.
    func wake() -> Cancellation?
}

/// Cancels a body, and so calls what its author wants done then.
typealias Cancellation = @Sendable () -> Void
