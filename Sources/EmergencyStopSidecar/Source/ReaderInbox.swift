internal import EmergencyStopCore
internal import Glibc
internal import Synchronization

/// What has to be known before the next read: hints from the listener, requests from anyone.
///
/// A POSIX condition variable rather than a primitive of Swift's: it is the one that can wait with a deadline
/// without a thread pool.
final class ReaderInbox: Sendable {
    /// What has come since somebody last looked.
    struct Contents: Sendable {
        /// Each kind once, in the order in which each was heard last. No more is needed to know what was heard
        /// last of all, and so the inbox stays small while a read hangs for hours.
        var hints: [ChangeHint] = []
        var requested = ReadRequest.none
    }

    private struct State {
        var contents = Contents()
        var hasNews = false
        /// Until when the reader's thread waits, where it does.
        var wait: ContinuousClock.Instant?
    }

    /// A mutex and a condition at an address that never changes, as POSIX demands.
    ///
    /// Unchecked, for pointers are not `Sendable`: these are set once, and what they point to is made for sharing.
    private struct Primitives: @unchecked Sendable {
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    }

    private let primitives = Primitives()

    init() {
        primitives.state.initialize(to: State())
        primitives.mutex.initialize(to: pthread_mutex_t())
        primitives.condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(primitives.mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Setting the wall clock must neither hasten nor delay a read.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(primitives.condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(primitives.condition)
        pthread_mutex_destroy(primitives.mutex)
        primitives.condition.deallocate()
        primitives.mutex.deallocate()
        primitives.state.deinitialize(count: 1)
        primitives.state.deallocate()
    }

    /// Leaves a hint for whoever reads next; nobody is woken.
    func leave(_ hint: ChangeHint) {
        withLock { state in
            state.contents.hints.removeAll { $0 == hint }
            state.contents.hints.append(hint)
            state.hasNews = true
        }
    }

    /// Leaves a request for the reader's thread and wakes it.
    func request() -> ReadRequest {
        let request = withLock { state in
            state.contents.requested.number += 1
            state.hasNews = true
            return state.contents.requested
        }
        pthread_cond_signal(primitives.condition)
        return request
    }

    /// Leaves a request that has its number from another inbox, and wakes the reader's thread.
    func pass(_ request: ReadRequest) {
        withLock { state in
            state.contents.requested = max(state.contents.requested, request)
            state.hasNews = true
        }
        pthread_cond_signal(primitives.condition)
    }

    /// Wakes the reader's thread where it would wait past a time.
    func wake(before time: ContinuousClock.Instant) {
        let isLate = withLock { state in
            guard let wait = state.wait, wait > time else { return false }
            state.hasNews = true
            return true
        }
        if isLate { pthread_cond_signal(primitives.condition) }
    }

    /// Takes what has come, without waiting.
    func take() -> Contents {
        withLock { state in Self.take(&state) }
    }

    /// Waits until something has come or a time has passed.
    ///
    /// The wait does not end early when the machine wakes from a suspension: whoever notices the lapse makes a
    /// request.
    func wait(until deadline: ContinuousClock.Instant) {
        var wake = timespec()
        clock_gettime(CLOCK_MONOTONIC, &wake)
        wake.add(deadline - .now)
        pthread_mutex_lock(primitives.mutex)
        defer { pthread_mutex_unlock(primitives.mutex) }
        primitives.state.pointee.wait = deadline
        // The state is looked at anew each time, and not held as `inout` across the wait: that would promise the
        // optimizer that nobody else changes it meanwhile, and the wait would never see that something came.
        while !primitives.state.pointee.hasNews {
            guard pthread_cond_timedwait(primitives.condition, primitives.mutex, &wake) == 0 else { break }
        }
        primitives.state.pointee.wait = nil
    }

    private static func take(_ state: inout State) -> Contents {
        state.hasNews = false
        defer { state.contents.hints.removeAll(keepingCapacity: true) }
        return state.contents
    }

    private func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(primitives.mutex)
        defer { pthread_mutex_unlock(primitives.mutex) }
        return body(&primitives.state.pointee)
    }
}

extension timespec {
    /// Moves the time forward; a time that has passed already is as good as now.
    fileprivate mutating func add(_ duration: Duration) {
        let (seconds, attoseconds) = max(duration, .zero).components
        tv_sec += Int(seconds)
        tv_nsec += Int(attoseconds / 1_000_000_000)
        if tv_nsec >= 1_000_000_000 {
            tv_sec += 1
            tv_nsec -= 1_000_000_000
        }
    }
}
