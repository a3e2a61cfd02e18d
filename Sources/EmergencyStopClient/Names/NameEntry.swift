internal import EmergencyStop
internal import Resilience

/// What is told of one name, and to whom.
///
/// The event loop alone tells, extends, adds and removes, so that every reader gets all reports in order; anybody reads.
final class NameEntry: Sendable {
    private struct State {
        var report: StatusReport?
        var end = MonotonicInstant(nanoseconds: .min)
        var readers: [ObjectIdentifier: any ReportReader] = [:]
    }

    let name: WorkflowName
    let cell = StatusCell()
    /// When the first answer is due at the latest.
    let answerBy: MonotonicInstant
    private let state = Guarded(State())
    private let waiters = Waiters()

    init(_ name: WorkflowName, answerBy: MonotonicInstant) {
        self.name = name
        self.answerBy = answerBy
    }

    /// Hands a report on.
    ///
    /// - Returns: `false` if a reader has seen the lease ended, which has to be told before.
    func tell(_ report: StatusReport, until end: MonotonicInstant) -> Bool {
        guard cell.publish(report.status, until: end) else { return false }
        let readers = state.withLock { state in
            state.report = report
            state.end = end
            return Array(state.readers.values)
        }
        let cancellations = readers.compactMap { $0.offer(report, until: end) }
        waiters.wake()
        for cancel in cancellations { cancel() }
        return true
    }

    /// What was told last is believed for longer.
    ///
    /// - Returns: `false` if a reader has seen the lease ended, which has to be told.
    func extend(until end: MonotonicInstant) -> Bool {
        let (report, readers) = state.withLock { state in
            state.end = end
            return (state.report, Array(state.readers.values))
        }
        guard let report, report.status != .stop else { return true }
        guard cell.publish(report.status, until: end) else { return false }
        for reader in readers { reader.extend(until: end) }
        return true
    }

    /// Adds a reader, who is told the present report at once if there is one.
    func add(_ reader: some ReportReader) {
        let present = state.withLock { state in
            state.readers[ObjectIdentifier(reader)] = reader
            return state.report.map { ($0, state.end) }
        }
        if let present { reader.offer(present.0, until: present.1)?() }
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
