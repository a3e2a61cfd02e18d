internal import Resilience

/// Whether a client runs: not yet, now, or no more.
final class Lifecycle: Sendable {
    enum Phase: Sendable {
        case notStarted, running, ended
    }

    private let state = Guarded(Phase.notStarted)
    private let waiters = Waiters()

    var phase: Phase { state.withLock { $0 } }

    /// Begins to run.
    ///
    /// - Returns: `false` if it ran before, or does.
    func begin() -> Bool {
        let isFirst = state.withLock { phase in
            guard case .notStarted = phase else { return false }
            phase = .running
            return true
        }
        if isFirst { waiters.wake() }
        return isFirst
    }

    func end() {
        state.withLock { $0 = .ended }
        waiters.wake()
    }

    /// Waits until the client runs, for services of one group start at the same time; not longer than the limit, and
    /// not when the task is cancelled.
    ///
    /// Of a client that runs it stays on the caller's actor: going to Swift's pool, and back, can take longer than a
    /// sidecar has for its first answer.
    func waitForStart(atMost limit: Duration, isolation: isolated (any Actor)? = #isolation) async {
        guard case .notStarted = phase else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    let count = self.waiters.count
                    guard case .notStarted = self.phase else { return }
                    await self.waiters.wait(after: count)
                }
            }
            group.addTask {
                // Cancelled as soon as the client runs.
                try? await Task.sleep(for: limit)
            }
            await group.next()
            group.cancelAll()
        }
    }
}
