import Testing

@testable import Resilience

/// The rules of the order of a work, as transcripts of values.
@Suite struct WorkScheduleTests {
    private func schedule(
        _ blocks: [Int], concurrency: Int = 1, errorLimit: ErrorLimit = .count(0), ramp: Ramp = .none
    ) -> WorkSchedule {
        var first = 0
        return WorkSchedule(
            blocks: blocks.map { count in
                defer { first += count }
                return Array(first..<first + count)
            }, concurrency: concurrency, errorLimit: errorLimit, ramp: ramp)
    }

    @Test func `jobs start one asking at a time, up to the concurrency`() {
        var work = schedule([3], concurrency: 2)
        expect(work.begin(), [.ask])
        expect(work.permitted(), [.start(0), .ask])
        expect(work.permitted(), [.start(1)])
        expect(work.finished(0, .succeeded), [.ask])
        expect(work.permitted(), [.start(2)])
        expect(work.finished(2, .succeeded), [])
        #expect(!work.isComplete)
        expect(work.finished(1, .succeeded), [])
        #expect(work.isComplete)
        #expect(work.stop == nil)
    }

    @Test func `a block begins when all of the one before have ended`() {
        var work = schedule([2, 0, 1], concurrency: 5)
        _ = work.begin()
        _ = work.permitted()
        expect(work.permitted(), [.start(1)])
        expect(work.finished(1, .succeeded), [])
        expect(work.finished(0, .succeeded), [.ask])
        expect(work.permitted(), [.start(2)])
    }

    @Test func `the failure past the limit stops the work, in its last block too`() {
        var work = schedule([3], concurrency: 3, errorLimit: .count(1))
        _ = work.begin()
        for _ in 0..<3 { _ = work.permitted() }
        expect(work.finished(0, .failed), [])
        expect(work.finished(1, .failed), [.cancelAll])
        #expect(work.stop == .errorLimit(1))
        expect(work.finished(2, .failed), [])
    }

    @Test func `leave that comes after the stop is not used`() {
        var work = schedule([3], concurrency: 2)
        _ = work.begin()
        expect(work.permitted(), [.start(0), .ask])
        expect(work.finished(0, .failed), [.cancelAll])
        expect(work.permitted(), [])
        #expect(work.running == 0)
    }

    @Test func `with a strict limit fewer run side by side the closer it comes`() {
        var work = schedule([10], concurrency: 5, errorLimit: .count(2, strict: true))
        _ = work.begin()
        expect(work.permitted(), [.start(0), .ask])
        expect(work.permitted(), [.start(1)])
        expect(work.finished(0, .failed), [])
        expect(work.finished(1, .succeeded), [.ask])
        expect(work.permitted(), [.start(2)])
        expect(work.finished(2, .failed), [.cancelAll])
        #expect(work.stop == .errorLimit(2))
    }

    @Test func `a strict limit of nothing lets nothing start`() {
        var work = schedule([1], errorLimit: .count(0, strict: true))
        expect(work.begin(), [.cancelAll])
        #expect(work.stop == .errorLimit(0))
    }

    @Test func `failures on the last jobs up to a strict limit are within it`() {
        var work = schedule([1], errorLimit: .count(1, strict: true))
        expect(work.begin(), [.ask])
        _ = work.permitted()
        expect(work.finished(0, .failed), [])
        #expect(work.isComplete)
        #expect(work.stop == nil)
    }

    @Test func `a ramp holds each batch back until the one before has ended`() {
        var work = schedule([30], concurrency: 100, errorLimit: .unlimited, ramp: .canary)
        var actions = work.begin()
        var batches: [Int] = []
        while actions == [.ask] {
            var started: [Int] = []
            while actions.last == .ask {
                actions = work.permitted()
                if case .start(let job)? = actions.first { started.append(job) }
            }
            batches.append(started.count)
            for job in started { actions = work.finished(job, .succeeded) }
        }
        #expect(batches == [1, 3, 26])
    }

    @Test func `each block has its own canary, whose failure stops all`() {
        var work = schedule([1, 2], concurrency: 2, errorLimit: .unlimited, ramp: .canary)
        _ = work.begin()
        expect(work.permitted(), [.start(0)])
        expect(work.finished(0, .succeeded), [.ask])
        expect(work.permitted(), [.start(1)])
        expect(work.finished(1, .failed), [.cancelAll])
        #expect(work.stop == .canary(1))
    }

    @Test func `nothing to do is done`() {
        var work = schedule([0, 0])
        expect(work.begin(), [])
        #expect(work.isComplete)
    }

    @Test func `limits and ramps count as they say`() {
        #expect(ErrorLimit.percentage(10).allowed(of: 25) == 2)
        #expect(ErrorLimit.percentage(100).allowed(of: 25) == 25)
        #expect(ErrorLimit.percentage(-5).allowed(of: 25) == 0)
        #expect(ErrorLimit.percentage(.nan).allowed(of: 25) == 0)
        #expect(ErrorLimit.count(-1).allowed(of: 25) == 0)
        #expect(Ramp.canary.sizes(of: 0) == [])
        #expect(Ramp.canary.sizes(of: 1) == [1])
        #expect(Ramp.canary.sizes(of: 2) == [1, 1])
        #expect(Ramp.canary.sizes(of: 100) == [1, 10, 89])
        #expect(Ramp([.count(0), .percentage(50)]).sizes(of: 9) == [1, 4, 4])
        #expect(Ramp.none.sizes(of: 9) == [9])
    }

    @Test(arguments: seeds(300))
    func `whatever fails in whatever order, the rules hold`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let blocks = (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 0...12, using: &random) }
        let total = blocks.reduce(0, +)
        let concurrency = Int.random(in: 1...9, using: &random)
        let limit = Int.random(in: 0...6, using: &random)
        let isStrict = Bool.random(using: &random)
        let chance = Double.random(in: 0...0.6, using: &random)
        var work = schedule(
            blocks, concurrency: concurrency, errorLimit: .count(limit, strict: isStrict),
            ramp: Bool.random(using: &random) ? .canary : .none)
        let blockOf = blocks.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }

        var running: Set<Int> = []
        var ended: Set<Int> = []
        var failures = 0
        var isAsking = false
        var isCancelled = false
        func perform(_ actions: [WorkSchedule.Action]) {
            for action in actions {
                switch action {
                case .ask:
                    #expect(!isAsking && !isCancelled)
                    isAsking = true
                case .start(let job):
                    #expect(!isCancelled)
                    #expect(!ended.contains(job))
                    #expect(running.insert(job).inserted)
                    // All of the blocks before have ended.
                    #expect((0..<total).allSatisfy { blockOf[$0] >= blockOf[job] || ended.contains($0) })
                case .cancelAll: isCancelled = true
                }
            }
            #expect(running.count + (isAsking && !isCancelled ? 1 : 0) <= concurrency)
        }
        perform(work.begin())
        while isAsking || !running.isEmpty {
            if isAsking, running.isEmpty || Bool.random(using: &random) {
                isAsking = false
                perform(work.permitted())
            } else if let job = running.randomElement(using: &random) {
                running.remove(job)
                ended.insert(job)
                let fails = Double.random(in: 0..<1, using: &random) < chance
                if fails { failures += 1 }
                perform(work.finished(job, fails ? .failed : .succeeded))
            }
        }
        if isStrict { #expect(failures <= limit) } else { #expect(failures < limit + 1 + concurrency) }
        #expect(work.isComplete == (ended.count == total))
        if work.stop == nil {
            #expect(ended.count == total)
            #expect(failures <= limit)
        }
    }

    /// An expectation of a call that changes the schedule.
    private func expect(
        _ actions: [WorkSchedule.Action], _ expected: [WorkSchedule.Action],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(actions == expected, sourceLocation: sourceLocation)
    }
}
