/// The jobs of a work and what has become of each, kept while it runs.
struct WorkLedger {
    /// Two jobs of one name: which of them is done could not be told.
    struct DuplicateID: Error, CustomStringConvertible {
        let description = "another job of this work has the same id"
    }

    private let jobs: [any Work.Job]
    /// The indices of the jobs of each block.
    private let blocks: [Range<Int>]
    /// The block of the job that began last.
    private var block: Range<Int>?
    private var running = 0
    private var tally = WorkTally()
    private(set) var report: WorkReport

    init(_ work: Work) {
        jobs = work.blocks.flatMap(\.jobs)
        var start = 0
        blocks = work.blocks.map { block in
            defer { start += block.jobs.count }
            return start..<start + block.jobs.count
        }
        report = WorkReport(
            work: work.name,
            jobs: work.blocks.flatMap { block in
                block.jobs.map { .init(block: block.name, id: $0.id, outcome: .notStarted) }
            })
        tally.add(.notStarted, jobs.count)
    }

    /// The jobs that are not done yet, block by block.
    var indicesToRun: [[Int]] {
        blocks.map { block in
            block.filter { if case .notStarted = report.jobs[$0].outcome { true } else { false } }
        }
    }

    var jobsToRun: [any Work.Job] { indicesToRun.joined().map { jobs[$0] } }

    func job(_ index: Int) -> any Work.Job { jobs[index] }

    /// Every job whose name an earlier one has.
    func duplicates() -> [(id: String, error: any Error)] {
        var seen: Set<String> = []
        return jobs.compactMap { seen.insert($0.id).inserted ? nil : ($0.id, DuplicateID()) }
    }

    mutating func skip(_ done: Set<String>) {
        for index in jobs.indices where done.contains(jobs[index].id) { set(index, .skipped) }
    }

    mutating func start(_ index: Int) -> [WorkProgress.Event] {
        running += 1
        let job = report.jobs[index]
        let isFirst = block?.contains(index) != true
        if isFirst { block = blocks.first { $0.contains(index) } }
        return (isFirst ? [.blockStarted(job.block)] : []) + [.jobStarted(job.id)]
    }

    mutating func finish(_ index: Int, _ outcome: WorkReport.Outcome) -> WorkProgress.Event {
        running -= 1
        set(index, outcome)
        return .jobFinished(report.jobs[index].id, outcome)
    }

    func progress(_ event: WorkProgress.Event) -> WorkProgress {
        WorkProgress(event: event, tally: tally, running: running)
    }

    /// The schedule's own reason to stop, in the words of the report.
    func reason(_ stop: WorkSchedule.Stop?) -> WorkFailure.Reason {
        switch stop {
        case .errorLimit(let limit): .errorLimit(limit)
        case .canary(let index): .canary(jobs[index].id)
        case .asked, nil: .cancelled
        }
    }

    private mutating func set(_ index: Int, _ outcome: WorkReport.Outcome) {
        tally.add(report.jobs[index].outcome, -1)
        tally.add(outcome)
        report.jobs[index].outcome = outcome
    }
}
