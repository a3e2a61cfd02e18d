internal import EmergencyStop
internal import EmergencyStopCore

extension StatusReport {
    /// What holds, in a word: `none` for a pattern that restrains nothing.
    var word: String { isOfIdlePattern ? StatusLine.idle : status.rawValue }

    /// Whether it is the same for every name: nothing that an entry says is believed.
    var isOfEveryName: Bool { [.missingFile, .unreadableFile, .malformedFile, .stale, .unreachable].contains(cause) }

    /// Whether the file has no entry for the name, and no pattern.
    var isWithoutEntry: Bool { cause == .unlisted && pattern == nil }
}
