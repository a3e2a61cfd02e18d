internal import EmergencyStopCore

/// Reads the values of options: from the command line where they are given there, else from the environment.
struct OptionReader {
    let given: [Option: String]
    let environment: [String: String]

    /// The value as text, and what to call it in a message.
    func text(_ option: Option) -> (value: String, source: String)? {
        if let value = given[option] { return (value, option.flag) }
        return environment[option.variable].map { ($0, option.variable) }
    }

    func number(_ option: Option, in range: ClosedRange<Int>) throws(OptionMistake) -> Int? {
        guard let (value, source) = text(option) else { return nil }
        guard let number = Int(value), range.contains(number) else {
            throw OptionMistake(
                source, value, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func duration(_ option: Option, in range: ClosedRange<Duration>) throws(OptionMistake) -> Duration? {
        guard let (value, source) = text(option) else { return nil }
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

/// An option that there is not, or a value that it cannot have.
struct OptionMistake: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ source: String, _ value: String, expected: String) {
        description = "The value '\(value)' is invalid for '\(source)': expected \(expected)."
    }
}
