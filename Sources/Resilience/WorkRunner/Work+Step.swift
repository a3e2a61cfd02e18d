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
