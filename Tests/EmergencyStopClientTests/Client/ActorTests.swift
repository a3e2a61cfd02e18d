import Dispatch
import EmergencyStopTesting
import Synchronization
import Testing

@testable import EmergencyStopClient

/// Swift's pool of threads may be busy for long with other work: what is decided on an actor does not wait for it.
@Suite(.timeLimit(.minutes(10))) struct `On an actor` {
    @MainActor @Test func `a checkpoint is passed without a turn in the pool, which could come long after its look`()
        async throws
    {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let pool = CountedPool()
        try await stop.client.withWorkflow("A") { run in
            try await withTaskExecutorPreference(pool) {
                try await run.checkpoint()
                #expect(pool.turns == 0)
            }
        }
    }

    @MainActor @Test func `a client that runs is asked without one, in which the time to answer could pass`() async {
        let lifecycle = Lifecycle()
        #expect(lifecycle.begin())
        let pool = CountedPool()
        await withTaskExecutorPreference(pool) {
            await lifecycle.waitForStart(atMost: .seconds(8))
            #expect(pool.turns == 0)
        }
    }
}

/// Stands in for Swift's pool, and counts what is to run there.
private final class CountedPool: TaskExecutor {
    private let counter = Atomic(0)

    var turns: Int { counter.load(ordering: .relaxed) }

    func enqueue(_ job: consuming ExecutorJob) {
        counter.add(1, ordering: .relaxed)
        let job = UnownedJob(job)
        DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
