public import EmergencyStopCore

/// One run of a workflow, as its body sees it.
///
/// It may be handed to other tasks and kept: after a stop, and after the body has returned, it is `stop` for good.
public struct WorkflowRun: Sendable {
    let live: LiveRun
    let resumeJitter: Duration

    /// Whether the run may go on, as of this instant.
    ///
    /// A plain read of memory and of a clock: no allocation, no lock, no system call that leaves user space, at most a
    /// few nanoseconds. Ask as often as you like. A run that was `stop` once is so for good.
    public var status: WorkflowStatus { live.status }

    /// The status with cause, reason, and who set it when.
    public var report: StatusReport { live.report }

    /// Returns if the run may go on; call it before each step that cannot be undone.
    ///
    /// Under `go` it returns at once. Under `pause` it waits, and goes on after `go` with a small random delay, so that
    /// all that was paused does not start in one instant.
    ///
    /// It looks on the caller's actor, so that what it has seen is not older by the way back to a busy one.
    ///
    /// - Throws: ``EmergencyStopped`` if the run is stopped, also while it waits; `CancellationError` if the task was
    ///   cancelled by somebody else.
    nonisolated(nonsending) public func checkpoint() async throws {
        var hasWaited = false
        while true {
            let changes = live.changes
            switch live.status {
            case .stop:
                throw EmergencyStopped(report: live.report)
            case .pause:
                try Task.checkCancellation()
                hasWaited = true
                await live.waitForChange(after: changes)
            case .go:
                try Task.checkCancellation()
                guard hasWaited else { return }
                hasWaited = false
                try? await Task.sleep(for: .zero.random(upTo: resumeJitter))
            }
        }
    }
}

extension Duration {
    /// A random duration between this one and another.
    func random(upTo limit: Duration) -> Duration {
        .nanoseconds(Int64.random(in: wholeNanoseconds...max(wholeNanoseconds, limit.wholeNanoseconds)))
    }
}
