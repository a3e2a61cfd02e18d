internal import Dispatch
internal import Logging
internal import Synchronization

/// Whether a client runs: not yet, now, or no more.
final class Lifecycle: Sendable {
    enum Phase: Sendable {
        case notStarted, running, ended
    }

    private struct State {
        var phase = Phase.notStarted
        /// Whether somebody has waited in vain for the client to run: nobody waits for that again.
        var isForgotten = false
    }

    private let state = Mutex(State())
    private let waiters = Waiters()
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    var phase: Phase { state.withLock { $0.phase } }

    /// Begins to run.
    ///
    /// - Returns: `false` if it ran before, or does.
    func begin() -> Bool {
        let isFirst = state.withLock { state in
            guard case .notStarted = state.phase else { return false }
            state.phase = .running
            return true
        }
        if isFirst { waiters.wake() }
        return isFirst
    }

    func end() {
        state.withLock { $0.phase = .ended }
        waiters.wake()
    }

    /// Waits until the client runs, for services of one group start at the same time; not longer than the limit, not
    /// when the task is cancelled, and not once anybody has waited in vain: then `run()` was forgotten.
    ///
    /// Of a client that runs it stays on the caller's actor: going to Swift's pool, and back, can take longer than a
    /// sidecar has for its first answer.
    func waitForStart(atMost limit: Duration, isolation: isolated (any Actor)? = #isolation) async {
        guard state.withLock({ $0.phase == .notStarted && !$0.isForgotten }) else { return }
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
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                self.noteWaitInVain()
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func noteWaitInVain() {
        let isFirst = state.withLock { state in
            guard case .notStarted = state.phase, !state.isForgotten else { return false }
            state.isForgotten = true
            return true
        }
        guard isFirst else { return }
        // The logger is the program's and may block; whoever asks is to hear `stop` all the same.
        DispatchQueue.global().async { [logger] in
            logger.warning(
                "nobody runs the client, so every workflow is stopped: call run(), or use withEmergencyStopClient")
        }
    }
}
