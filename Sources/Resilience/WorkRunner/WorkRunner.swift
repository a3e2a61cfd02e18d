/// Runs a ``Work`` at a pace that can be survived: so many jobs at a time, so many failures and no more, a canary
/// first, at a rate, and only while it is allowed to.
///
/// ```swift
/// let runner = WorkRunner(
///     concurrency: 10, errorLimit: .percentage(2), ramp: .canary, journal: "erase.journal",
///     bucket: TokenBucket(capacity: 5, refilling: 60, every: .seconds(60)),
///     gate: run.checkpoint)                   // an emergency-stop run, or anything else that waits or throws
/// let report = try await runner.run(work) { progress in print(progress.tally) }
/// ```
///
/// It promises that
/// - all jobs are validated before the first one runs, and none runs when one is invalid;
/// - blocks run in turn, and no job of a block starts before all of the block before have ended;
/// - the token bucket and then the gate are asked before each job, the gate last, so that no job starts on an old
///   answer. The gate may wait, which pauses the work, or throw, which stops it;
/// - the failure past the error limit stops the work, in the last block too, and cancels what runs; with a strict limit
///   there is no such failure;
/// - a stopped or cancelled work is never reported as a success, unless all its jobs had ended well by then;
/// - every job is accounted for, also when it throws.
///
/// **Concurrency.** A runner is a value and may run any number of works; jobs run as child tasks, so nothing outlives
/// ``run(_:isolation:progress:)``, which returns once every job that was begun has ended.
public struct WorkRunner: Sendable {
    /// How many jobs run at a time at the most; less than 1 is taken as 1.
    public var concurrency: Int
    /// How many jobs may fail.
    public var errorLimit: ErrorLimit
    /// How many jobs of each block are tried before the rest.
    public var ramp: Ramp
    /// The path of the file that records which jobs are done, so that another run skips them; nil for none.
    public var journal: String?
    /// Holds the starting of jobs to a rate, also across works that share it.
    public var bucket: TokenBucket?
    /// Asked before each job; returns when it may start, throws when the work is to stop.
    public var gate: @Sendable () async throws -> Void

    /// Creates a runner; by default one job at a time, and the first failure stops the work.
    public init(
        concurrency: Int = 1,
        errorLimit: ErrorLimit = .count(0),
        ramp: Ramp = .none,
        journal: String? = nil,
        bucket: TokenBucket? = nil,
        gate: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.concurrency = concurrency
        self.errorLimit = errorLimit
        self.ramp = ramp
        self.journal = journal
        self.bucket = bucket
        self.gate = gate
    }

    /// Validates every job and runs none.
    ///
    /// - Returns: A report in which no job has started.
    /// - Throws: ``WorkFailure`` that lists every invalid job.
    public func validate(
        _ work: Work, isolation: isolated (any Actor)? = #isolation
    ) async throws(WorkFailure) -> WorkReport {
        var ledger = WorkLedger(work)
        try await validate(&ledger)
        return ledger.report
    }

    /// Validates and runs a work to its end.
    ///
    /// - Parameters:
    ///   - work: What to run.
    ///   - isolation: The caller's actor, on which `progress` runs; leave it as it is.
    ///   - progress: Told of each thing that happens, in order. It should return soon: the next job waits for it.
    /// - Returns: What became of every job; failures within the error limit are in it.
    /// - Throws: ``WorkFailure``, with why and the same report.
    public func run(
        _ work: Work,
        isolation: isolated (any Actor)? = #isolation,
        progress: (WorkProgress) -> Void = { _ in }
    ) async throws(WorkFailure) -> WorkReport {
        var ledger = WorkLedger(work)
        let record: Journal?
        do throws(JournalError) {
            record = if let journal { try Journal(path: journal, work: work.name) } else { nil }
        } catch {
            throw WorkFailure(reason: .journal(error), report: ledger.report)
        }
        defer { record?.release() }
        ledger.skip(record?.done ?? [])
        try await validate(&ledger)
        progress(ledger.progress(.validated))
        let reason = await execute(&ledger, record: record, progress: progress)
        if let reason { throw WorkFailure(reason: reason, report: ledger.report) }
        return ledger.report
    }

    private func validate(
        _ ledger: inout WorkLedger, isolation: isolated (any Actor)? = #isolation
    ) async throws(WorkFailure) {
        var invalid = ledger.duplicates()
        for job in ledger.jobsToRun {
            if Task.isCancelled { throw WorkFailure(reason: .cancelled, report: ledger.report) }
            do {
                try await job.validate()
            } catch {
                invalid.append((job.id, error))
            }
        }
        if Task.isCancelled { throw WorkFailure(reason: .cancelled, report: ledger.report) }
        if !invalid.isEmpty { throw WorkFailure(reason: .invalid(invalid), report: ledger.report) }
    }
}

// MARK: - The shell around the schedule

extension WorkRunner {
    /// What the child tasks bring back.
    private enum Event: Sendable {
        case permitted
        case refused(any Error)
        case finished(Int, WorkReport.Outcome, JournalError?)
    }

    /// Does what the schedule says until nothing runs any more.
    ///
    /// - Returns: Why it ended early, if it did.
    private func execute(
        _ ledger: inout WorkLedger, record: Journal?, isolation: isolated (any Actor)? = #isolation,
        progress: (WorkProgress) -> Void
    ) async -> WorkFailure.Reason? {
        var schedule = WorkSchedule(
            blocks: ledger.indicesToRun, concurrency: concurrency, errorLimit: errorLimit, ramp: ramp)
        var reason: WorkFailure.Reason?
        await withTaskGroup(of: Event.self) { group in
            var actions = schedule.begin()
            while true {
                if Task.isCancelled, !schedule.isComplete, schedule.stop == nil {
                    reason = .cancelled
                    actions = schedule.stopping(.asked)
                }
                for action in actions {
                    switch action {
                    case .ask:
                        group.addTask { await ask() }
                    case .start(let index):
                        for event in ledger.start(index) { progress(ledger.progress(event)) }
                        let job = ledger.job(index)
                        group.addTask { await perform(job, index, record) }
                    case .cancelAll:
                        group.cancelAll()
                        let why = reason ?? ledger.reason(schedule.stop)
                        reason = why
                        progress(ledger.progress(.stopping(why)))
                    }
                }
                guard let event = await group.next() else { return }
                switch event {
                case .permitted:
                    actions = schedule.permitted()
                case .refused(let error):
                    if schedule.stop == nil { reason = Task.isCancelled ? .cancelled : .stopped(error) }
                    actions = schedule.refused()
                case .finished(let index, let outcome, let journalError):
                    let finished = ledger.finish(index, outcome)
                    progress(ledger.progress(finished))
                    actions = schedule.finished(index, outcome.ending)
                    if let journalError, schedule.stop == nil {
                        reason = .journal(journalError)
                        actions = schedule.stopping(.asked)
                    }
                }
            }
        }
        return reason
    }

    private func ask() async -> Event {
        do {
            try await bucket?.take()
            try await gate()
            try Task.checkCancellation()
            return .permitted
        } catch {
            return .refused(error)
        }
    }

    private func perform(_ job: any Work.Job, _ index: Int, _ record: Journal?) async -> Event {
        do {
            try await job.run()
        } catch is CancellationError where Task.isCancelled {
            return .finished(index, .cancelled, nil)
        } catch {
            return .finished(index, .failed(error), nil)
        }
        do throws(JournalError) {
            try record?.record(job.id)
            return .finished(index, .succeeded, nil)
        } catch {
            return .finished(index, .succeeded, error)
        }
    }
}

extension WorkReport.Outcome {
    fileprivate var ending: WorkSchedule.Ending {
        switch self {
        case .failed: .failed
        case .cancelled: .cancelled
        case .succeeded, .notStarted, .skipped: .succeeded
        }
    }
}
