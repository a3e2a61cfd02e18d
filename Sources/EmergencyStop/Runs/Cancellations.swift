internal import Dispatch
internal import Synchronization

/// Cancels the bodies of stopped runs, away from the event loop.
///
/// To cancel a task is to call its handlers for that, which are its author's, and may block. A stop must not wait for
/// them, nor for those of another workflow: they are called by a thread beside the event loop, and where one does not
/// come back soon, those that wait behind it get another thread.
final class Cancellations: Sendable {
    /// How long a handler may take before the others go on without it.
    private static let patience = DispatchTimeInterval.milliseconds(5)

    private struct State {
        var queue: [Cancellation] = []
        /// How many of the queue were begun.
        var begun = 0
        /// How many were begun and are not over.
        var underWay = 0
        /// How many threads are at it. Each leaves when there is nothing left to begin.
        var threads = 0
        var isWatched = false
        var awaiting: [@Sendable () -> Void] = []

        var isEmpty: Bool { begun == queue.count }

        mutating func next() -> Cancellation? {
            guard !isEmpty else {
                queue = []
                begun = 0
                return nil
            }
            defer { begun += 1 }
            underWay += 1
            return queue[begun]
        }
    }

    private let state = Mutex(State())
    private let watchQueue = DispatchQueue(label: "estop-cancel-watch")

    /// Has one performed. Returns at once.
    func perform(_ cancellation: @escaping Cancellation) {
        let (needsThread, needsWatch) = state.withLock { state in
            state.queue.append(cancellation)
            let needs = (state.threads == 0, !state.isWatched)
            if needs.0 { state.threads = 1 }
            state.isWatched = true
            return needs
        }
        if needsThread { addThread() }
        if needsWatch { watch(seen: nil) }
    }

    /// Calls back once all that were to be performed are.
    func whenIdle(_ body: @escaping @Sendable () -> Void) {
        let isIdle = state.withLock { state in
            let isIdle = state.isEmpty && state.underWay == 0
            if !isIdle { state.awaiting.append(body) }
            return isIdle
        }
        if isIdle { body() }
    }

    /// A serial queue of its own is what gets a thread of its own, however many others stand still.
    private func addThread() {
        DispatchQueue(label: "estop-cancel").async { [self] in
            while let next = take() {
                next()
                for body in finishOne() { body() }
            }
        }
    }

    private func take() -> Cancellation? {
        state.withLock { state in
            let next = state.next()
            if next == nil { state.threads -= 1 }
            return next
        }
    }

    /// One is over; gives whom that is to be told, if it was the last.
    private func finishOne() -> [@Sendable () -> Void] {
        state.withLock { state in
            state.underWay -= 1
            guard state.isEmpty, state.underWay == 0 else { return [] }
            defer { state.awaiting = [] }
            return state.awaiting
        }
    }

    /// Looks, for as long as some wait, whether they get on, and adds a thread where they do not.
    ///
    /// - Parameter seen: How many had been begun at the last look.
    private func watch(seen: Int?) {
        watchQueue.asyncAfter(deadline: .now() + Self.patience) { [self] in
            let (isStuck, begun): (Bool, Int?) = state.withLock { state in
                guard !state.isEmpty else {
                    state.isWatched = false
                    return (false, nil)
                }
                let isStuck = state.begun == seen
                if isStuck { state.threads += 1 }
                return (isStuck, state.begun)
            }
            if isStuck { addThread() }
            if let begun { watch(seen: begun) }
        }
    }
}
