/// How many jobs of a work may fail before it is stopped.
public struct ErrorLimit: Sendable, Hashable {
    private enum Amount: Hashable {
        case count(Int)
        case percentage(Double)
        case unlimited
    }

    private let amount: Amount

    /// Whether failures can never exceed the limit, not even by jobs that were running when it was reached.
    ///
    /// Then a job starts only while it, and all that run, could fail within the limit: near the limit fewer run side
    /// by side, and a limit of 0 lets nothing start. Without it, the failure past the limit stops the work, and those
    /// that run at that moment may still fail.
    public let isStrict: Bool

    /// Up to `count` jobs may fail; the next one stops the work.
    public static func count(_ count: Int, strict: Bool = false) -> ErrorLimit {
        ErrorLimit(amount: .count(count), isStrict: strict)
    }

    /// Up to `percentage` of the jobs to be run may fail, rounded down to whole jobs.
    public static func percentage(_ percentage: Double, strict: Bool = false) -> ErrorLimit {
        ErrorLimit(amount: .percentage(percentage), isStrict: strict)
    }

    /// Any number of jobs may fail.
    public static let unlimited = ErrorLimit(amount: .unlimited, isStrict: false)

    /// How many of `total` jobs may fail.
    func allowed(of total: Int) -> Int {
        switch amount {
        case .count(let count): max(0, count)
        case .percentage(let percentage): total.portion(percentage)
        case .unlimited: .max
        }
    }
}

extension Int {
    /// A percentage of this number, rounded down; nothing below 0 %, and no more than all.
    func portion(_ percentage: Double) -> Int {
        guard percentage > 0 else { return 0 }
        return percentage >= 100 ? self : Int(Double(self) * percentage / 100)
    }
}
