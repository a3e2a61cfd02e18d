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
