internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// A name or pattern on the command line.
struct NameArgument: ExpressibleByArgument, Hashable {
    let name: WorkflowName

    init(_ name: WorkflowName) {
        self.name = name
    }

    init?(argument: String) {
        guard let name = try? WorkflowName(argument) else { return nil }
        self.name = name
    }

    static var defaultCompletionKind: CompletionKind {
        .custom { words, _, prefix in NameCompletion.names(beginning: prefix, words: words) }
    }
}

/// A duration on the command line: `10s`, `250ms`, `2m`.
struct DurationArgument: CustomStringConvertible {
    /// How one is written, for the help of the options that take one.
    static let examples = "60s, 250ms or 2m"

    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    /// Reads one, or says how it is written: a bare number could be of anything.
    static func read(_ argument: String) throws -> DurationArgument {
        guard let duration = Duration(written: argument) else {
            throw ValidationError("write a duration with its unit, as in \(examples)")
        }
        return DurationArgument(duration)
    }

    var description: String { duration.written }
}
