extension Duration {
    /// Whole nanoseconds, rounded down, held at the ends of `Int64` (292 years) instead of overflowing.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !tooLarge && !overflow else { return self < .zero ? .min : .max }
        return sum
    }

    /// Whole nanoseconds where a negative duration counts as none.
    var positiveNanoseconds: Int64 { max(0, wholeNanoseconds) }
}

extension Int64 {
    /// The sum, held at the largest value: an instant that far away never comes.
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
