/// A work that did not get through, why, and what became of every job all the same.
public struct WorkFailure: Error, CustomStringConvertible {
    /// Why the work ended early.
    public enum Reason: Sendable, CustomStringConvertible {
        /// Jobs that must not be run, found before any was.
        case invalid([(id: String, error: any Error)])
        /// More jobs failed than allowed or, with a strict limit, no further job could fail within it.
        case errorLimit(Int)
        /// A job of a block's first batch failed.
        case canary(String)
        /// The gate threw this instead of letting a job begin: an emergency stop, for instance. Also what the token
        /// bucket threw.
        case stopped(any Error)
        /// The task was cancelled.
        case cancelled
        /// What was done cannot be put on record, or the record cannot be read.
        case journal(JournalError)

        /// The reason in words.
        public var description: String {
            switch self {
            case .invalid(let jobs):
                "nothing was run, since \(jobs.count) \(jobs.count == 1 ? "job is" : "jobs are") invalid: "
                    + jobs.prefix(10).map { "\($0.id): \($0.error)" }.joined(separator: "; ")
                    + (jobs.count > 10 ? "; and \(jobs.count - 10) more" : "")
            case .errorLimit(let limit): "stopped at the error limit of \(limit)"
            case .canary(let id): "stopped because \(id) failed, which was in the first batch of its block"
            case .stopped(let error): "stopped between jobs: \(error)"
            case .cancelled: "cancelled"
            case .journal(let error): "stopped because of the journal: \(error)"
            }
        }
    }

    /// Why the work ended early.
    public let reason: Reason
    /// What became of every job.
    public let report: WorkReport

    /// The name, the reason and the numbers.
    public var description: String { "\(report.work): \(reason) (\(report.tally))" }
}
