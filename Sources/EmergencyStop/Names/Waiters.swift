internal import Synchronization

/// Tasks that wait for something to have happened.
///
/// Note the ``count`` of wakes, look whether there is anything to wait for, then wait for a wake after that count: one
/// that comes between looking and waiting is not missed.
final class Waiters: Sendable {
    private struct State {
        var count = 0
        var lastID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// How often ``wake()`` was called.
    var count: Int { state.withLock { $0.count } }

    /// Returns after the next wake, or as soon as the task is cancelled.
    func wait(after count: Int, isolation: isolated (any Actor)? = #isolation) async {
        let id = state.withLock {
            $0.lastID += 1
            return $0.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // A cancellation sets the flag first and calls the handler then, so one of the two sees it.
                    if state.count != count || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }

    /// Lets go all that wait.
    func wake() {
        let waiting = state.withLock { state in
            state.count += 1
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }
}
