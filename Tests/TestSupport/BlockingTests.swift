internal import Glibc
internal import Synchronization
package import Testing

/// Runs tests that block on threads of their own.
///
/// Swift's pool has a thread for each processor. A test that waits there for a process, a socket or a lock holds one,
/// and the asynchronous tests beside it, and all that they measure, stand still until it has ended.
package struct BlockingTestsTrait: SuiteTrait, TestTrait, TestScoping {
    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) { try await function() }
    }
}

extension Trait where Self == BlockingTestsTrait {
    /// The tests block, and need threads for that.
    package static var blocking: Self { Self() }
}

/// Some threads that take jobs in their order.
private final class BlockingThreads: TaskExecutor {
    /// More than processors, as those who block need none; not so many that they keep each other waiting.
    static let shared = BlockingThreads(count: 6)

    private let jobs = Mutex<[UnownedJob]>([])
    private nonisolated(unsafe) let available = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    private init(count: Int) {
        sem_init(available, 0, 0)
        for _ in 0..<count {
            do {
                _ = try runThread { [self] in while true { runNext() } }
            } catch {
                fatalError("\(error)")
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        sem_post(available)
    }

    private func runNext() {
        while sem_wait(available) != 0 {}
        jobs.withLock { $0.removeFirst() }.runSynchronously(on: asUnownedTaskExecutor())
    }
}
