import Resilience
import Synchronization
import Testing

@Suite struct WorkRunnerTests {
    struct Broken: Error, Equatable { var why = "broken" }

    private func work(_ blocks: [[any Work.Job]]) -> Work {
        Work(name: "test", blocks: blocks.enumerated().map { Work.Block("block \($0.offset)", jobs: $0.element) })
    }

    /// Jobs named 0, 1, … that note their start and fail where told.
    private func jobs(
        _ ids: some Sequence<Int>, failing: Set<Int> = [], noted started: Recorder<Int>? = nil
    ) -> [any Work.Job] {
        ids.map { id in
            Work.Step("\(id)") {
                started?.add(id)
                if failing.contains(id) { throw Broken() }
            }
        }
    }

    private func outcomes(_ report: WorkReport?) -> String {
        String(
            (report?.jobs ?? []).map { job in
                switch job.outcome {
                case .succeeded: "S"
                case .failed: "F"
                case .cancelled: "C"
                case .notStarted: "-"
                case .skipped: "s"
                }
            } as [Character])
    }

    @Test func `every job runs, in order, and is reported`() async throws {
        let started = Recorder<Int>()
        let report = try await WorkRunner().run(
            work([jobs(0..<3, noted: started), jobs(3..<5, noted: started)]))
        #expect(started.all == [0, 1, 2, 3, 4])
        #expect(outcomes(report) == "SSSSS")
        #expect(report.jobs.map(\.block) == ["block 0", "block 0", "block 0", "block 1", "block 1"])
        #expect("\(report)" == "test: 5 succeeded")
    }

    @Test func `no job runs when one is invalid, and all that are invalid are named`() async {
        let started = Recorder<Int>()
        let invalid = ["x", "y"].map { id in Work.Step(id, validate: { throw Broken(why: id) }, run: {}) }
        let runner = WorkRunner(concurrency: 4)
        let failure = await #expect(throws: WorkFailure.self) {
            try await runner.run(work([jobs(0..<3, noted: started), invalid]))
        }
        #expect(started.all == [])
        guard case .invalid(let named)? = failure?.reason else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(named.map(\.id) == ["x", "y"])
        #expect(outcomes(failure?.report) == "-----")
        #expect(
            failure?.description
                == "test: nothing was run, since 2 jobs are invalid: "
                + #"x: Broken(why: "x"); y: Broken(why: "y") (5 not started)"#)
    }

    @Test func `two jobs of one name are invalid`() async {
        let failure = await #expect(throws: WorkFailure.self) {
            try await WorkRunner().run(work([jobs(0..<2), jobs([1])]))
        }
        guard case .invalid(let named)? = failure?.reason else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(named.map(\.id) == ["1"])
    }

    @Test func `validating runs nothing`() async throws {
        let started = Recorder<Int>()
        let report = try await WorkRunner().validate(work([jobs(0..<3, noted: started)]))
        #expect(started.all == [])
        #expect(outcomes(report) == "---")
        await #expect(throws: WorkFailure.self) {
            try await WorkRunner().validate(work([[Work.Step("x", validate: { throw Broken() }, run: {})]]))
        }
    }

    @Test func `failures within the limit are a success that reports them`() async throws {
        let report = try await WorkRunner(errorLimit: .count(2)).run(work([jobs(0..<5, failing: [1, 4])]))
        #expect(outcomes(report) == "SFSSF")
        #expect(report.failures.map(\.id) == ["1", "4"])
        #expect(report.failures.allSatisfy { $0.error as? Broken == Broken() })
    }

    @Test func `one failure too many in the very last job is no success`() async {
        let failure = await #expect(throws: WorkFailure.self) {
            try await WorkRunner(errorLimit: .count(1)).run(work([jobs(0..<3, failing: [0, 2])]))
        }
        #expect(outcomes(failure?.report) == "FSF")
        guard case .errorLimit(1)? = failure?.reason else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test func `a block that fails keeps later blocks from running`() async {
        let started = Recorder<Int>()
        let failure = await #expect(throws: WorkFailure.self) {
            try await WorkRunner().run(work([jobs(0..<2, failing: [1], noted: started), jobs(2..<4, noted: started)]))
        }
        #expect(started.all == [0, 1])
        #expect(outcomes(failure?.report) == "SF--")
    }

    @Test func `an overrun cancels what runs`() async {
        let gate = Gate()
        let stuck = (1...3).map { id in Work.Step("\(id)") { try await gate.pass() } }
        let failing = Work.Step("0") {
            await gate.whenReached(by: 3)
            throw Broken()
        }
        let failure = await #expect(throws: WorkFailure.self) {
            try await WorkRunner(concurrency: 4).run(work([[failing] + stuck + jobs(4..<6)]))
        }
        #expect(outcomes(failure?.report) == "FCCC--")
    }

    @Test func `no more jobs run at a time than allowed, and as many as allowed`() async throws {
        let running = Mutex((now: 0, most: 0))
        let gate = Gate()
        let all = (0..<20).map { id in
            Work.Step("\(id)") {
                running.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                // The first wait until there are as many as may be.
                if id == 2 { gate.open() }
                try await gate.pass()
                await Task.yield()
                running.withLock { $0.now -= 1 }
            }
        }
        _ = try await WorkRunner(concurrency: 3).run(work([all]))
        #expect(running.withLock { $0.most } == 3)
    }

    @Test func `cancelling the task cancels the jobs, and is reported as that`() async throws {
        let gate = Gate()
        let all = (0..<5).map { id in Work.Step("\(id)") { try await gate.pass() } }
        let work = work([all])
        let run = Task { () -> WorkFailure? in
            do throws(WorkFailure) {
                _ = try await WorkRunner(concurrency: 2).run(work)
                return nil
            } catch {
                return error
            }
        }
        await gate.whenReached(by: 2)
        run.cancel()
        let failure = try #require(await run.value)
        #expect(outcomes(failure.report) == "CC---")
        guard case .cancelled = failure.reason else {
            Issue.record("\(failure)")
            return
        }
    }

    @Test func `a cancellation that all jobs outlived is no failure`() async throws {
        let gate = Gate()
        let work = work([[Work.Step("0") { try? await gate.pass() }]])
        let run = Task { try await WorkRunner().run(work) }
        await gate.whenReached(by: 1)
        run.cancel()
        let report = try await run.value
        #expect(outcomes(report) == "S")
    }

    @Test func `waiting for a place to run ends at once when cancelled`() async throws {
        let gate = Gate()
        let bucket = TokenBucket(capacity: 1, refilling: 1, every: .seconds(3_600), clock: ManualClock())
        let work = work([[Work.Step("0") { try await gate.pass() }] + jobs(1..<3)])
        let run = Task { try await WorkRunner(concurrency: 2, bucket: bucket).run(work) }
        await gate.whenReached(by: 1)
        run.cancel()
        let failure = await #expect(throws: WorkFailure.self) { try await run.value }
        #expect(outcomes(failure?.report) == "C--")
    }

    @Test func `the gate pauses the work and lets it go on`() async throws {
        let started = Recorder<Int>()
        let gate = Gate()
        let work = work([jobs(0..<3, noted: started)])
        let run = Task { try await WorkRunner(gate: gate.pass).run(work) }
        await gate.whenReached(by: 1)
        #expect(started.all == [])
        gate.open()
        #expect(outcomes(try await run.value) == "SSS")
        #expect(gate.arrivals == 3)
    }

    @Test func `a gate that throws stops the work and is not taken for its end`() async {
        let passed = Mutex(0)
        let stuck = Gate()
        let runner = WorkRunner(
            concurrency: 3,
            gate: {
                let count = passed.withLock {
                    $0 += 1
                    return $0
                }
                if count == 3 {
                    await stuck.whenReached(by: 1)
                    throw Broken(why: "stop")
                }
            })
        let failure = await #expect(throws: WorkFailure.self) {
            try await runner.run(work([jobs([0]) + [Work.Step("1") { try await stuck.pass() }] + jobs(2..<4)]))
        }
        #expect(outcomes(failure?.report) == "SC--")
        guard case .stopped(let error)? = failure?.reason else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(error as? Broken == Broken(why: "stop"))
    }

    @Test func `a failure during a pause stops the work without waiting for its end`() async {
        let pause = Gate()
        let asked = Mutex(0)
        let runner = WorkRunner(
            concurrency: 2,
            gate: {
                let count = asked.withLock {
                    $0 += 1
                    return $0
                }
                if count == 2 { try await pause.pass() }
            })
        let failing = Work.Step("0") {
            await pause.whenReached(by: 1)
            throw Broken()
        }
        let failure = await #expect(throws: WorkFailure.self) { try await runner.run(work([[failing] + jobs([1])])) }
        #expect(outcomes(failure?.report) == "F-")
        guard case .errorLimit(0)? = failure?.reason else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test func `the bucket is asked before the gate, and both before each job`() async throws {
        let clock = ManualClock()
        let bucket = TokenBucket(capacity: 1, refilling: 1, every: .seconds(1), clock: clock)
        let events = Recorder<String>()
        let all = (0..<3).map { id in Work.Step("\(id)") { events.add("job \(id)") } }
        let work = work([all])
        let run = Task {
            try await WorkRunner(bucket: bucket, gate: { events.add("gate") }).run(work)
        }
        await clock.whenSleeping()
        #expect(events.all == ["gate", "job 0"])
        clock.advance(by: .seconds(1))
        await clock.whenSleeping()
        #expect(events.all == ["gate", "job 0", "gate", "job 1"])
        clock.advance(by: .seconds(1))
        _ = try await run.value
        #expect(events.all == ["gate", "job 0", "gate", "job 1", "gate", "job 2"])
    }

    @Test func `a canary that fails stops the work whatever the error limit`() async {
        let failure = await #expect(throws: WorkFailure.self) {
            try await WorkRunner(concurrency: 9, errorLimit: .unlimited, ramp: .canary)
                .run(work([jobs(0..<30, failing: [0])]))
        }
        #expect(failure?.report.tally.failed == 1)
        #expect(failure?.report.tally.notStarted == 29)
        guard case .canary("0")? = failure?.reason else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test @MainActor func `progress is told on the caller's actor, in order`() async throws {
        var events: [String] = []
        var last: WorkTally?
        let work = work([jobs([0]), jobs([1, 2], failing: [1])])
        _ = try await WorkRunner(errorLimit: .count(1)).run(work) { progress in
            last = progress.tally
            switch progress.event {
            case .validated: events.append("validated")
            case .blockStarted(let name): events.append(name)
            case .jobStarted(let id): events.append("start \(id), \(progress.running) running")
            case .jobFinished(let id, let outcome):
                if case .failed = outcome { events.append("failed \(id)") } else { events.append("end \(id)") }
            case .stopping(let reason): events.append("\(reason)")
            }
        }
        #expect(
            events == [
                "validated", "block 0", "start 0, 1 running", "end 0", "block 1", "start 1, 1 running", "failed 1",
                "start 2, 1 running", "end 2",
            ])
        #expect(last.map { "\($0)" } == "2 succeeded, 1 failed")
    }

    @Test(arguments: seeds(40))
    func `with a strict limit failures never exceed it, however high the concurrency`(seed: UInt64) async {
        var random = SeededGenerator(seed: seed)
        let limit = Int.random(in: 0...5, using: &random)
        let concurrency = Int.random(in: 1...40, using: &random)
        let chance = Double.random(in: 0...1, using: &random)
        let ran = Recorder<Int>()
        let failed = Recorder<Int>()
        let all = (0..<Int.random(in: 1...80, using: &random)).map { id in
            let fails = Double.random(in: 0..<1, using: &random) < chance
            let pauses = Int.random(in: 0...3, using: &random)
            return Work.Step("\(id)") {
                ran.add(id)
                for _ in 0..<pauses { await Task.yield() }
                if fails {
                    failed.add(id)
                    throw Broken()
                }
            }
        }
        let runner = WorkRunner(concurrency: concurrency, errorLimit: .count(limit, strict: true))
        let report: WorkReport
        do throws(WorkFailure) {
            report = try await runner.run(work([all]))
            #expect(ran.all.count == all.count)
        } catch {
            report = error.report
            #expect(failed.all.count == limit)
        }
        #expect(failed.all.count <= limit)
        #expect(report.tally.failed == failed.all.count)
        #expect(report.tally.total == all.count)
        #expect(report.tally.succeeded + report.tally.failed == ran.all.count)
    }
}
