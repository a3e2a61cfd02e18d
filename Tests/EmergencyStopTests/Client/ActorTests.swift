import Dispatch
import EmergencyStopTesting
import Logging
import Synchronization
import Testing

@testable import EmergencyStop

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
        let lifecycle = Lifecycle(logger: Logger(label: "test"))
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

/// An actor may be busy for as long as it likes, between any two of its turns.
@Suite(.timeLimit(.minutes(10))) struct `On an actor that is busy` {
    @Test func `a body does not begin after a stop, whichever turn of the actor is the last before it`() async throws {
        var turns = 0
        while true {
            turns += 1
            let stop = await InMemoryEmergencyStop(["A": .go])
            let stage = Stage()
            let work = Task { try await stage.work(stop.client) }
            for _ in 0..<turns where !stage.turns.hasBegun { await stage.turns.takeOne() }
            let hadBegun = stage.turns.hasBegun
            await stop.set(.stop, for: "A")
            stage.turns.takeAll()
            await #expect(throws: EmergencyStopped.self) { try await work.value }
            #expect(stage.turns.hasBegun == hadBegun, "after \(turns) turns")
            if hadBegun { break }
        }
        // The turn of the registered run, and that of its body.
        #expect(turns >= 2)
    }

    @Test func `a body that is paused before it begins waits for go, and is registered meanwhile by nobody`()
        async throws
    {
        var turns = 0
        while true {
            turns += 1
            let stop = await InMemoryEmergencyStop(["A": .go])
            let stage = Stage()
            let work = Task { try await stage.work(stop.client) }
            for _ in 0..<turns where !stage.turns.hasBegun { await stage.turns.takeOne() }
            let hadBegun = stage.turns.hasBegun
            await stop.set(.pause, for: "A")
            stage.turns.takeAll()
            if hadBegun { return try await work.value }
            while await stop.runs(of: "A") > 0 { await Task.yield() }
            #expect(!stage.turns.hasBegun, "after \(turns) turns")
            await stop.set(.go, for: "A")
            try await work.value
            #expect(stage.turns.hasBegun)
        }
    }

    /// An actor whose turns are taken by the test.
    private actor Stage {
        nonisolated let turns = Turns()
        nonisolated var unownedExecutor: UnownedSerialExecutor { turns.asUnownedSerialExecutor() }

        func work(_ client: EmergencyStopClient) async throws {
            try await client.withWorkflow("A") { _ in
                turns.begin()
            }
        }
    }
}

/// Takes the turns of an actor one at a time, or from a moment on all as they come.
private final class Turns: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var takesAll = false
        var hasBegun = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "turns")

    var hasBegun: Bool { state.withLock { $0.hasBegun } }

    func begin() { state.withLock { $0.hasBegun = true } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let waiting = state.withLock { state in
            state.jobs.append(job)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
        if state.withLock({ $0.takesAll }) { takeAll() }
    }

    /// Waits for a turn that is due, and takes it.
    func takeOne() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.jobs.isEmpty { state.waiting = continuation }
                return !state.jobs.isEmpty
            }
            if isThere { continuation.resume() }
        }
        queue.sync { _ = runNext() }
    }

    /// Takes every turn, those to come as well.
    func takeAll() {
        state.withLock { $0.takesAll = true }
        queue.async { while self.runNext() {} }
    }

    private func runNext() -> Bool {
        let job = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
        job?.runSynchronously(on: asUnownedSerialExecutor())
        return job != nil
    }
}
