internal import EmergencyStopCore
internal import Synchronization

/// What is told of one name, and to whom.
///
/// The event loop alone tells, extends, adds and removes, so that every reader gets all reports in order; anybody reads.
final class WatchedName: Sendable {
    private struct State {
        var report: StatusReport?
        var end = MonotonicInstant(nanoseconds: .min)
        var readers: [ObjectIdentifier: any ReportReader] = [:]
    }

    let name: WorkflowName
    let cell = StatusCell()
    /// When the first answer is due at the latest.
    let answerBy: MonotonicInstant
    private let state = Mutex(State())
    private let waiters = Waiters()

    init(_ name: WorkflowName, answerBy: MonotonicInstant) {
        self.name = name
        self.answerBy = answerBy
    }

    /// Writes a report down, for everybody who reads the name. Nobody is woken by it: see ``wake()``.
    ///
    /// - Returns: `false` if a reader has seen the lease ended, which has to be told before.
    func tell(_ report: StatusReport, until end: MonotonicInstant) -> Bool {
        guard cell.publish(report.status, until: end) else { return false }
        let readers = state.withLock { state in
            state.report = report
            state.end = end
            return Array(state.readers.values)
        }
        for reader in readers { reader.take(report, until: end) }
        return true
    }

    /// Wakes everybody who waits for what was told; gives what is left to do.
    func wake() -> [Cancellation] {
        let readers = state.withLock { Array($0.readers.values) }
        let cancellations = readers.compactMap { $0.wake() }
        waiters.wake()
        return cancellations
    }

    /// What became of a lease that was to be extended.
    enum Extension {
        case extended
        /// A run has seen its own lease ended, and is stopped: it has to be woken.
        case stopsRun
        /// A reader has seen the lease ended, which has to be told to all.
        case lapsed
    }

    /// What was told last is believed for longer.
    func extend(until end: MonotonicInstant) -> Extension {
        let (report, readers) = state.withLock { state in
            state.end = end
            return (state.report, Array(state.readers.values))
        }
        guard let report, report.status != .stop else { return .extended }
        guard cell.publish(report.status, until: end) else { return .lapsed }
        var result = Extension.extended
        for reader in readers where !reader.extend(until: end) { result = .stopsRun }
        return result
    }

    /// Adds a reader, who is told the present report at once if there is one.
    func add(_ reader: some ReportReader) -> Cancellation? {
        let present = state.withLock { state in
            state.readers[ObjectIdentifier(reader)] = reader
            return state.report.map { ($0, state.end) }
        }
        guard let present else { return nil }
        reader.take(present.0, until: present.1)
        return reader.wake()
    }

    func remove(_ reader: some ReportReader) {
        state.withLock { $0.readers[ObjectIdentifier(reader)] = nil }
    }

    /// The report that holds now, or `nil` while the first is owed.
    var report: StatusReport? {
        guard let report = state.withLock({ $0.report }) else { return nil }
        return report.status != .stop && cell.read() == .stop ? Self.lapsed(name) : report
    }

    /// Waits for the first report, or for the task to be cancelled.
    func answer() async -> StatusReport? {
        while !Task.isCancelled {
            let count = waiters.count
            if let report { return report }
            await waiters.wait(after: count)
        }
        return report
    }

    /// What a reader is told that finds the lease ended before the event loop has.
    static func lapsed(_ name: WorkflowName) -> StatusReport {
        StatusReport(
            name: name.text, status: .stop, cause: .unreachable,
            reason: "no word from the sidecar within the lease"
        )
    }
}

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
