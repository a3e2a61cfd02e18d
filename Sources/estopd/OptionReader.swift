internal import EmergencyStop

/// Reads the values of options: from the command line where they are given there, else from the environment.
struct OptionReader {
    let environment: [String: String]

    /// The value as text, and what to call it in a message.
    func text(_ given: String?, _ option: String) -> (value: String, source: String)? {
        if let given { return (given, "--\(option)") }
        let variable = "ESTOP_" + option.uppercased().replacing("-", with: "_")
        return environment[variable].map { ($0, variable) }
    }

    func number(
        _ given: String?, _ option: String, in range: ClosedRange<Int>
    ) throws(OptionMistake) -> Int? {
        guard let (value, source) = text(given, option) else { return nil }
        guard let number = Int(value), range.contains(number) else {
            throw OptionMistake(
                source, value, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func duration(
        _ given: String?, _ option: String, in range: ClosedRange<Duration>
    ) throws(OptionMistake) -> Duration? {
        guard let (value, source) = text(given, option) else { return nil }
        guard let duration = Duration(written: value), range.contains(duration) else {
            throw OptionMistake(
                source, value,
                expected: "a duration from \(range.lowerBound.written) to \(range.upperBound.written), "
                    + "written like 10s, 250ms or 2m"
            )
        }
        return duration
    }
}

/// A value that an option cannot have.
struct OptionMistake: Error, CustomStringConvertible {
    let description: String

    init(_ source: String, _ value: String, expected: String) {
        description = "The value '\(value)' is invalid for '\(source)': expected \(expected)."
    }
}
