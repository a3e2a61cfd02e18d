/// What stands on the command line; ``Settings`` makes sense of the values.
struct CommandLineOptions: Hashable {
    /// What is asked for.
    enum Request: Hashable {
        case serve
        case help
        case version
    }

    private(set) var request = Request.serve
    private(set) var values: [Option: String] = [:]

    /// Reads the arguments, without the program's name: `--option value` or `--option=value`.
    init(_ arguments: [String]) throws(OptionMistake) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--help" || argument == "-h" {
                request = .help
                return
            }
            if argument == "--version" {
                request = .version
                return
            }
            guard argument.hasPrefix("--") else {
                throw OptionMistake("Unexpected argument '\(argument)': every value belongs to an option.")
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, let option = Option(rawValue: String(name)) else {
                throw OptionMistake("Unknown option '\(argument)'.")
            }
            guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                throw OptionMistake("Missing value for '\(option.flag) <\(option.valueName)>': \(option.help)")
            }
            // The last one counts, as wrappers expect that add theirs.
            values[option] = value
        }
    }
}
