/// What became of every job of a work.
public struct WorkReport: Sendable, CustomStringConvertible {
    /// How one job ended, or that it did not begin.
    public enum Outcome: Sendable {
        /// It ran and returned.
        case succeeded
        /// It ran and threw.
        case failed(any Error)
        /// It was running when the work was stopped, and ended as cancelled: part of it may be done.
        case cancelled
        /// It was not begun.
        case notStarted
        /// It was not begun, for the journal says that it succeeded in an earlier run.
        case skipped
    }

    /// One job's line of the report.
    public struct Job: Sendable {
        /// The block that it is in.
        public let block: String
        /// Its name.
        public let id: String
        /// What became of it.
        public internal(set) var outcome: Outcome
    }

    /// The work's name.
    public let work: String
    /// Every job, in the order of the work.
    public internal(set) var jobs: [Job]

    /// The jobs counted by what became of them.
    public var tally: WorkTally {
        var tally = WorkTally()
        for job in jobs { tally.add(job.outcome) }
        return tally
    }

    /// The jobs that failed, and why.
    public var failures: [(id: String, error: any Error)] {
        jobs.compactMap { if case .failed(let error) = $0.outcome { ($0.id, error) } else { nil } }
    }

    /// The name and the numbers.
    public var description: String { "\(work): \(tally)" }
}

/// One thing that happened in a work, and where the work stands after it.
public struct WorkProgress: Sendable {
    /// What happened.
    public enum Event: Sendable {
        /// All jobs are valid; none has begun.
        case validated
        /// The first job of this block is about to begin.
        case blockStarted(String)
        /// This job begins.
        case jobStarted(String)
        /// This job has ended.
        case jobFinished(String, WorkReport.Outcome)
        /// No further job will begin, and those that run are being cancelled.
        case stopping(WorkFailure.Reason)
    }

    /// What happened.
    public let event: Event
    /// The jobs by what has become of them so far; those that run count as not started.
    public let tally: WorkTally
    /// How many jobs run now.
    public let running: Int
}
