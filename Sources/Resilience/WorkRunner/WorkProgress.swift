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
