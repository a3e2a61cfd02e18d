internal import EmergencyStop
internal import EmergencyStopClient

extension StatusReport {
    /// Whether it is of a pattern that restrains nothing, being go or not listed. Its own line says stop all the same,
    /// since a pattern is no name that could go; to a person who looks for what is stopped that is noise.
    var isOfIdlePattern: Bool { cause == .unlisted && WorkflowName(validated: name).isPattern }

    /// Whether it is the same for every name: nothing that an entry says is believed.
    var isOfEveryName: Bool { [.missingFile, .unreadableFile, .malformedFile, .stale, .unreachable].contains(cause) }

    /// Whether the file has no entry for the name, and no pattern.
    var isWithoutEntry: Bool { cause == .unlisted && pattern == nil }
}
