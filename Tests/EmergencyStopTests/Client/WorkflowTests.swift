import Dispatch
import EmergencyStop
import EmergencyStopTesting
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `A workflow` {
    @Test func `returns what its body returns, and is registered meanwhile`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let answer = try await stop.client.withWorkflow("A") { run in
            #expect(run.status == .go)
            #expect(run.report.cause == .listed)
            try await run.checkpoint()
            #expect(await stop.runs(of: "A") == 1)
            return 42
        }
        #expect(answer == 42)
        await stop.set(.go, for: "A", reason: "behind the leave on the same connection")
        #expect(await stop.runs(of: "A") == 0)
    }

    @Test func `does not begin where it is stopped, unlisted or no name at all`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .stop])
        for (name, cause) in [("A", StopCause.listed), ("B", .unlisted), ("", .unlisted), ("A\u{7}", .unlisted)] {
            let error = await #expect(throws: EmergencyStopped.self) {
                try await stop.client.withWorkflow(name) { _ in Issue.record("begun") }
            }
            #expect(error?.report.cause == cause)
            #expect(error?.underlying == nil)
        }
    }

    @Test func `is cancelled by a stop, and throws it even if the body returns`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let error = await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("A") { run in
                await stop.set(.stop, for: "A", reason: "wrong datacenter", by: "jdoak")
                #expect(Task.isCancelled)
                #expect(run.status == .stop)
                return "as if nothing had happened"
            }
        }
        #expect(error?.description == "A: stop (listed): wrong datacenter, by jdoak")
        #expect(error?.underlying == nil)
    }

    @Test func `stays stopped when its name turns to go again`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let error = await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("A") { run in
                await stop.set(.stop, for: "A", reason: "first")
                await stop.set(.go, for: "A")
                #expect(await stop.client.status("A") == .go)
                #expect(run.status == .stop)
                do {
                    try await run.checkpoint()
                    Issue.record("passed")
                } catch let stopped as EmergencyStopped {
                    #expect(stopped.report.reason == "first")
                }
            }
        }
        #expect(error?.report.reason == "first")
        #expect(try await stop.client.withWorkflow("A") { $0.status } == .go)
    }

    @Test func `throws the stop with what the cancelled body threw`() async throws {
        struct Trouble: Error {}
        let stop = await InMemoryEmergencyStop(["A": .go])
        let error = await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("A") { _ in
                await stop.set(.stop, for: "A")
                throw Trouble()
            }
        }
        #expect(error?.underlying is Trouble)
        await stop.set(.go, for: "A")
        await #expect(throws: Trouble.self) { try await stop.client.withWorkflow("A") { _ in throw Trouble() } }
    }

    @Test func `is stopped by a pattern, which is named`() async throws {
        let stop = await InMemoryEmergencyStop(["SatelliteErase": .go])
        let error = await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("SatelliteErase") { _ in await stop.set(.stop, for: "Satellite*") }
        }
        #expect(error?.report.cause == .pattern)
        #expect(error?.report.pattern == "Satellite*")
    }

    @Test func `waits at a checkpoint while it is paused`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .go])
        try await stop.client.withWorkflow("A") { run in
            await stop.set(.pause, for: "A")
            #expect(run.status == .pause)
            let hasPassed = Flag()
            let waiting = Task {
                try await run.checkpoint()
                hasPassed.set()
            }
            await Task.yield()
            #expect(!hasPassed.isSet)
            await stop.set(.go, for: "A")
            try await waiting.value
        }
    }

    @Test func `is stopped while it waits at a checkpoint`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let error = await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("A") { run in
                await stop.set(.pause, for: "A")
                async let waiting: Void = run.checkpoint()
                await stop.set(.stop, for: "A")
                try await waiting
            }
        }
        #expect(error?.underlying is EmergencyStopped)
    }

    @Test func `paused before it begins it waits, or fails where it should`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .pause])
        let error = await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("A", whenPaused: .fail) { _ in Issue.record("begun") }
        }
        #expect(error?.report.status == .pause)
        let waiting = Task { try await stop.client.withWorkflow("A") { $0.status } }
        await stop.set(.go, for: "A")
        #expect(try await waiting.value == .go)
    }

    @Test func `stopped before it begins it waits for go where it should, through a pause and as often as it takes`()
        async throws
    {
        let stop = await InMemoryEmergencyStop(["A": .stop])
        for round in 1...3 {
            let ready = AsyncStream.makeStream(of: Void.self)
            let waiting = Task {
                try await stop.client.withWorkflow("A", whenStopped: .wait) { run in
                    ready.continuation.yield()
                    #expect(run.status == .go)
                    while true { try await Task.sleep(for: .seconds(100)) }
                }
            }
            await stop.set(.pause, for: "A")
            #expect(await stop.runs(of: "A") == 0)
            await stop.set(.stop, for: "A")
            #expect(await stop.runs(of: "A") == 0)
            await stop.set(.go, for: "A")
            for await _ in ready.stream { break }
            #expect(await stop.runs(of: "A") == 1)
            await stop.set(.stop, for: "A", reason: "round \(round)")
            let error = await #expect(throws: EmergencyStopped.self) { try await waiting.value }
            #expect(error?.report.reason == "round \(round)")
        }
    }

    @Test func `waiting for go it ends with its caller, and throws where no go can come`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .stop])
        let waiting = Task {
            try await stop.client.withWorkflow("A", whenStopped: .wait) { _ in Issue.record("begun") }
        }
        await stop.set(.stop, for: "A", reason: "still")
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }

        let noName = await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("", whenStopped: .wait) { _ in Issue.record("begun") }
        }
        #expect(noName?.report.cause == .unlisted)

        var configuration = EmergencyStopClient.Configuration(socketPath: "/nowhere")
        configuration.firstAnswerTimeout = .milliseconds(10)
        let forgotten = try EmergencyStopClient(configuration: configuration)
        let notRunning = await #expect(throws: EmergencyStopped.self) {
            try await forgotten.withWorkflow("A", whenStopped: .wait) { _ in Issue.record("begun") }
        }
        #expect(notRunning?.report.cause == .notRunning)
    }

    @Test func `ends with the cancellation of its caller, before the body and in it`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .pause, "B": .go])
        let waiting = Task { try await stop.client.withWorkflow("A") { _ in Issue.record("begun") } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let hasBegun = Flag()
        let running = Task {
            try await stop.client.withWorkflow("B") { run in
                hasBegun.set()
                while true {
                    try await run.checkpoint()
                    await Task.yield()
                }
            }
        }
        while !hasBegun.isSet { await Task.yield() }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
    }

    @Test func `may use what its caller's actor owns, and busy there still hears of a stop`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .go])
        try await Owner().run(under: stop)
    }

    @Test func `is stopped when the sidecar is lost, and not when it restarts`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let error = await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("A") { run in
                await stop.restartSidecar()
                #expect(run.status == .go)
                #expect(await stop.runs(of: "A") == 1)
                await stop.loseSidecar()
                #expect(run.status == .stop)
                #expect(Task.isCancelled)
                await stop.restoreSidecar()
                #expect(await stop.client.status("A") == .go)
                #expect(run.status == .stop)
                // Stopped, but it has not returned.
                #expect(await stop.runs(of: "A") == 1)
            }
        }
        #expect(error?.report.cause == .unreachable)
    }

    @Test func `a run that somebody has kept is stop once it has ended`() async throws {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let kept = try await stop.client.withWorkflow("A") { $0 }
        #expect(kept.status == .stop)
        #expect(kept.report.reason == "the run has ended")
        await stop.set(.pause, for: "A")
        await stop.set(.go, for: "A")
        #expect(kept.status == .stop)
    }
}

/// Not of Swift's pool: with one processor that has a single thread, and the stop needs it.
private final class OwnThread: SerialExecutor {
    private let queue = DispatchQueue(label: "owner")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// An actor with a state that cannot be sent anywhere.
private actor Owner {
    private final class Disks {
        var erased = 0
    }

    private let disks = Disks()
    private let thread = OwnThread()

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func run(under stop: InMemoryEmergencyStop) async throws {
        let disks = disks
        let counted = try await stop.client.withWorkflow("A") { run in
            disks.erased += 1
            try await run.checkpoint()
            return disks
        }
        #expect(counted === disks)
        await #expect(throws: EmergencyStopped.self) {
            try await stop.client.withWorkflow("A") { run in
                Task.detached { await stop.set(.stop, for: "A") }
                // No turn is given to anybody else on this actor.
                while !Task.isCancelled { disks.erased += 1 }
                #expect(run.status == .stop)
            }
        }
    }
}
