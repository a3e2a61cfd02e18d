internal import EmergencyStopCore
internal import Synchronization

/// The buffer of one stream of changes: two reports at the most, however slow whoever reads.
final class StreamReader: ReportReader {
    let watched: WatchedName
    private let reports = Mutex(MergedReports())
    private let waiters = Waiters()

    init(_ watched: WatchedName) {
        self.watched = watched
    }

    func take(_ report: StatusReport, until end: MonotonicInstant) {
        reports.withLock { $0.offer(report) }
    }

    func extend(until end: MonotonicInstant) -> Bool { true }

    func wake() -> Cancellation? {
        waiters.wake()
        return nil
    }

    /// The next report, or `nil` once the task is cancelled.
    func next(isolation: isolated (any Actor)?) async -> StatusReport? {
        while !Task.isCancelled {
            let count = waiters.count
            // A process that was frozen may wake its readers before its event loop: what lies in the buffer from
            // before is then no longer to be believed.
            let hasLapsed = watched.cell.hasLapsed
            let report = reports.withLock { reports in
                if hasLapsed { reports.offer(WatchedName.lapsed(watched.name)) }
                return reports.take()
            }
            if let report { return report }
            await waiters.wait(after: count)
        }
        return nil
    }
}
