/// The jobs of a work in numbers.
public struct WorkTally: Sendable, Hashable, CustomStringConvertible {
    /// Jobs that returned.
    public internal(set) var succeeded = 0
    /// Jobs that threw.
    public internal(set) var failed = 0
    /// Jobs that were stopped while they ran.
    public internal(set) var cancelled = 0
    /// Jobs that were not begun, those that run now included until they end.
    public internal(set) var notStarted = 0
    /// Jobs that the journal let pass.
    public internal(set) var skipped = 0

    /// All of them.
    public var total: Int { succeeded + failed + cancelled + notStarted + skipped }

    mutating func add(_ outcome: WorkReport.Outcome, _ count: Int = 1) {
        switch outcome {
        case .succeeded: succeeded += count
        case .failed: failed += count
        case .cancelled: cancelled += count
        case .notStarted: notStarted += count
        case .skipped: skipped += count
        }
    }

    /// The numbers that are not zero, for instance `298 succeeded, 2 failed`.
    public var description: String {
        let parts = [
            (succeeded, "succeeded"), (failed, "failed"), (cancelled, "cancelled"), (notStarted, "not started"),
            (skipped, "skipped"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? "no jobs" : parts.joined(separator: ", ")
    }
}
