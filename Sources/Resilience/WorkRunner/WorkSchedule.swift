/// The order of a work as a value: what has happened goes in, what to do comes out. It starts nothing itself.
///
/// One job at a time is *asked for* (the bucket and the gate may take their time) and counts as running meanwhile, so
/// that nothing that ends while it waits can let one too many begin.
struct WorkSchedule {
    enum Action: Equatable {
        /// Ask the bucket and the gate for leave to start one more job.
        case ask
        /// Start the job of this index.
        case start(Int)
        /// Cancel all that runs or is asked for.
        case cancelAll
    }

    enum Ending: Equatable {
        case succeeded, failed, cancelled
    }

    /// Why no further job starts.
    enum Stop: Equatable {
        case errorLimit(Int)
        /// The job of this index failed in the first batch of its block.
        case canary(Int)
        /// For a reason that the caller knows.
        case asked
    }

    private struct Batch {
        let end: Int
        let isCanary: Bool
    }

    private let order: [Int]
    private let batches: [Batch]
    private let concurrency: Int
    private let errorLimit: Int
    private let isStrict: Bool

    private(set) var running = 0
    private(set) var stop: Stop?
    private var isAsking = false
    private var failures = 0
    /// Positions in `order` and in `batches`.
    private var next = 0
    private var batch = 0

    /// - Parameters:
    ///   - blocks: The indices of the jobs to run, block by block.
    init(blocks: [[Int]], concurrency: Int, errorLimit: ErrorLimit, ramp: Ramp) {
        order = blocks.flatMap { $0 }
        var end = 0
        batches = blocks.flatMap { block in
            let sizes = ramp.sizes(of: block.count)
            return sizes.enumerated().map { index, size in
                end += size
                return Batch(end: end, isCanary: index == 0 && !ramp.batches.isEmpty)
            }
        }
        self.concurrency = max(1, concurrency)
        self.errorLimit = errorLimit.allowed(of: order.count)
        isStrict = errorLimit.isStrict
    }

    /// Whether every job has ended.
    var isComplete: Bool { next == order.count && running == 0 && !isAsking }

    mutating func begin() -> [Action] {
        proceed()
    }

    /// The bucket and the gate let one more job start.
    mutating func permitted() -> [Action] {
        isAsking = false
        guard stop == nil else { return [] }
        running += 1
        next += 1
        return [.start(order[next - 1])] + proceed()
    }

    /// The bucket or the gate refused, or was cancelled.
    mutating func refused() -> [Action] {
        isAsking = false
        return stopping(.asked)
    }

    /// A job ended.
    mutating func finished(_ job: Int, _ ending: Ending) -> [Action] {
        running -= 1
        if ending == .failed {
            failures += 1
            if batch < batches.count, batches[batch].isCanary { return stopping(.canary(job)) }
            if failures > errorLimit { return stopping(.errorLimit(errorLimit)) }
        }
        return proceed()
    }

    /// Ends the work early; the first reason stands.
    mutating func stopping(_ reason: Stop) -> [Action] {
        guard stop == nil else { return [] }
        stop = reason
        return [.cancelAll]
    }

    private mutating func proceed() -> [Action] {
        guard stop == nil, !isAsking, running < concurrency, next < order.count else { return [] }
        if next == batches[batch].end {
            guard running == 0 else { return [] }
            batch += 1
        }
        if isStrict, failures + running >= errorLimit {
            // What runs may yet succeed and so make room.
            return running == 0 ? stopping(.errorLimit(errorLimit)) : []
        }
        isAsking = true
        return [.ask]
    }
}
