extension Work {
    /// The smallest thing that is started, counted and reported: one machine, one file, one request.
    ///
    /// Make ``run()`` idempotent: after a crash, a job that had ended but was not yet in the journal runs again.
    public protocol Job: Sendable {
        /// Names the job, in reports and in the journal. No two jobs of a work share one, across its blocks.
        var id: String { get }

        /// Checks, without changing anything, that the job can run. All jobs are asked before the first one runs.
        ///
        /// - Throws: What is wrong, in words for whoever must put it right.
        func validate() async throws

        /// Does the job.
        ///
        /// Cancelled when the work is stopped; it should then end soon and throw `CancellationError`.
        ///
        /// - Throws: Why it failed, which counts against the work's error limit.
        func run() async throws
    }
}
