/// How many jobs of each block a work dares to start before it has seen how they end.
///
/// Each batch ends wholly before the next begins. A failure in a block's first batch, its canary, stops the work
/// whatever the error limit; in later ones the error limit decides.
public struct Ramp: Sendable, Hashable {
    /// The size of one batch.
    public enum Batch: Sendable, Hashable {
        /// So many jobs; less than 1 is taken as 1.
        case count(Int)
        /// That share of the block's jobs, rounded down, but at least 1.
        case percentage(Double)

        func size(of total: Int) -> Int {
            switch self {
            case .count(let count): max(1, count)
            case .percentage(let percentage): max(1, total.portion(percentage))
            }
        }
    }

    /// The batches before the last, which holds all that is left.
    public let batches: [Batch]

    /// Batches of these sizes in each block, and then the rest.
    public init(_ batches: [Batch]) {
        self.batches = batches
    }

    /// All at once.
    public static let none = Ramp([])

    /// One job, then a tenth, then the rest.
    public static let canary = Ramp([.count(1), .percentage(10)])

    /// The sizes of the batches of a block of `total` jobs.
    func sizes(of total: Int) -> [Int] {
        var left = total
        var sizes: [Int] = []
        for batch in batches where left > 0 {
            let size = min(left, batch.size(of: total))
            sizes.append(size)
            left -= size
        }
        return left > 0 ? sizes + [left] : sizes
    }
}
