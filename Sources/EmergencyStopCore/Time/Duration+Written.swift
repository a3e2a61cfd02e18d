extension Duration {
    /// Reads `10s`, `250ms` or `2m`.
    package init?(written text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        // Nine digits of minutes are two thousand years, and far from any overflow.
        guard (1...9).contains(digits.count), let number = Int64(digits) else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": self = .milliseconds(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(number * 60)
        default: return nil
        }
    }

    /// The duration as it is written in options.
    package var written: String {
        let (seconds, attoseconds) = components
        return attoseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
    }
}
