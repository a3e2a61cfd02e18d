/// A piece of automation cut up so that it can be held to a pace and stopped: blocks one after the other, each of jobs
/// that may run side by side.
///
/// ```swift
/// let work = Work(
///     name: "SatelliteDiskErase",
///     blocks: [
///         Work.Block("drain", jobs: machines.map { Drain(machine: $0) }),
///         Work.Block("erase", jobs: machines.map { Erase(machine: $0) }),
///     ])
/// ```
public struct Work: Sendable {
    /// What the work is called: in reports, and in its journal, which belongs to the work of that name alone.
    public let name: String
    /// The blocks in the order in which they run.
    public let blocks: [Block]

    /// Creates a work. Whether it makes sense is found out when it is validated.
    public init(name: String, blocks: [Block]) {
        self.name = name
        self.blocks = blocks
    }
}

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

extension Work {
    /// Jobs that may run side by side. The next block starts when all of them have ended.
    public struct Block: Sendable {
        /// What the block is called, in reports.
        public let name: String
        /// The jobs in the order in which they start.
        public let jobs: [any Job]

        /// Creates a block.
        public init(_ name: String, jobs: [any Job]) {
            self.name = name
            self.jobs = jobs
        }
    }
}

extension Work {
    /// A job made of closures, for those that need no type of their own.
    public struct Step: Job {
        /// Names the job.
        public let id: String
        private let check: @Sendable () async throws -> Void
        private let body: @Sendable () async throws -> Void

        /// Creates a job.
        ///
        /// - Parameters:
        ///   - id: Names the job; unique in its work.
        ///   - validate: Checks, without changing anything, that the job can run.
        ///   - run: Does the job.
        public init(
            _ id: String,
            validate: @escaping @Sendable () async throws -> Void = {},
            run: @escaping @Sendable () async throws -> Void
        ) {
            self.id = id
            check = validate
            body = run
        }

        /// Checks that the job can run.
        public func validate() async throws { try await check() }

        /// Does the job.
        public func run() async throws { try await body() }
    }
}
