extension Duration {
    /// The duration for people: `1.3 ms`, `850 ms`, `12 s`, `3 min 20 s`, `5 h 2 min`, `3 d 4 h`.
    package var readable: String {
        let (seconds, attoseconds) = components
        let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
        if milliseconds < 10 { return "\((milliseconds * 10).rounded() / 10) ms" }
        if milliseconds < 1000 { return "\(Int(milliseconds.rounded())) ms" }
        if seconds < 10 { return "\((milliseconds / 100).rounded() / 10) s" }
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return Self.pair(seconds / 60, "min", seconds % 60, "s") }
        if seconds < 86_400 { return Self.pair(seconds / 3600, "h", seconds % 3600 / 60, "min") }
        return Self.pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
    }

    /// The same in whole seconds or more, for ages: the times of the wire have no more.
    package var readableAge: String { self < .seconds(10) ? "\(components.seconds) s" : readable }

    private static func pair(_ first: Int64, _ unit: String, _ second: Int64, _ smallerUnit: String) -> String {
        second == 0 ? "\(first) \(unit)" : "\(first) \(unit) \(second) \(smallerUnit)"
    }
}
