internal import EmergencyStopCore
internal import Synchronization

/// One run of a workflow: what its body is told, and how it is stopped.
///
/// A run that was stopped stays stopped, whatever its name's status becomes: the first stop is latched, and nothing
/// after it counts.
final class LiveRun: ReportReader {
    private struct State {
        var report: StatusReport?
        /// Set once, and for good.
        var stop: StatusReport?
        /// How often the run has asked to be registered.
        var registrations = 0
        /// The report that held when the sidecar had registered the run, as it asked last.
        var registeredAs: StatusReport?
        var cancel: Cancellation?
    }

    let id: RunID
    let name: WorkflowName
    let watched: WatchedName
    private let cell = StatusCell()
    private let state = Mutex(State())
    private let waiters = Waiters()

    init(_ id: RunID, _ watched: WatchedName) {
        self.id = id
        self.name = watched.name
        self.watched = watched
    }

    /// The status that holds for this run now. A lease found ended here is a stop for good.
    @inline(__always)
    var status: WorkflowStatus { cell.read() }

    /// The status with everything that is known about why.
    var report: StatusReport {
        let (stop, report) = state.withLock { ($0.stop, $0.report) }
        if let stop { return stop }
        guard let report, report.status == .stop || status != .stop else { return WatchedName.lapsed(name) }
        return report
    }

    /// How often something has changed, for ``waitForChange(after:isolation:)``.
    var changes: Int { waiters.count }

    /// Waits until something has changed, or the task is cancelled.
    func waitForChange(after changes: Int, isolation: isolated (any Actor)? = #isolation) async {
        await waiters.wait(after: changes)
    }

    /// The present report, or `nil` while the first is owed.
    var present: StatusReport? {
        state.withLock { $0.stop ?? $0.report } == nil ? nil : report
    }

    /// The report under which the sidecar has registered the run, once it has.
    var registeredAs: StatusReport? { state.withLock { $0.registeredAs } }

    /// The run asks to be registered, perhaps again: what is said of its number before does not count any more.
    func beginRegistration() -> Int {
        state.withLock { state in
            state.registrations += 1
            state.registeredAs = nil
            return state.registrations
        }
    }

    /// The body has returned: from now on the run is `stop`, should anybody have kept it.
    ///
    /// - Returns: What had stopped the run before, if anything did, be it a lease that has just ended.
    func end() -> StatusReport? {
        state.withLock { state in
            if state.stop == nil, cell.read() == .stop { state.stop = WatchedName.lapsed(name) }
            defer {
                latch(Subscriptions.ended(name), in: &state)
                state.cancel = nil
            }
            return state.stop
        }
    }

    /// Names what cancels the body. Called at once if the run is stopped already.
    func onStop(_ cancel: @escaping Cancellation) {
        let isStopped = state.withLock { state in
            if state.stop == nil { state.cancel = cancel }
            return state.stop != nil
        }
        if isStopped { cancel() }
    }
}

// MARK: - Told by the event loop

extension LiveRun {
    func take(_ report: StatusReport, until end: MonotonicInstant) {
        state.withLock { state in
            if report.status == .stop { return latch(report, in: &state) }
            // Where the cell cannot be written, the body has seen its lease ended.
            guard state.stop == nil, cell.publish(report.status, until: end) else {
                return latch(WatchedName.lapsed(name), in: &state)
            }
            state.report = report
        }
    }

    func extend(until end: MonotonicInstant) -> Bool {
        state.withLock { state in
            guard state.stop == nil, let report = state.report, !cell.publish(report.status, until: end) else {
                return true
            }
            latch(WatchedName.lapsed(name), in: &state)
            return false
        }
    }

    func wake() -> Cancellation? {
        let cancel: Cancellation? = state.withLock { state in
            guard state.stop != nil else { return nil }
            defer { state.cancel = nil }
            return state.cancel
        }
        waiters.wake()
        return cancel
    }

    /// The sidecar has registered the run, and this report held then.
    func registered(_ number: Int, as report: StatusReport) {
        state.withLock { if $0.registrations == number { $0.registeredAs = report } }
        waiters.wake()
    }

    /// Stops the run for good, unless it is stopped already. The cell is written under the lock, so that nothing that
    /// was decided before comes after.
    private func latch(_ report: StatusReport, in state: inout State) {
        guard state.stop == nil else { return }
        state.stop = report
        _ = cell.publish(.stop, until: MonotonicInstant(nanoseconds: .min))
    }
}
