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
