internal import ArgumentParser
internal import EmergencyStopCore

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
