/// What a settled read found: entries, or why there are none to believe.
package struct SettledState: Sendable {
    /// Whether the entries may be believed at all.
    package enum Condition: Sendable, Hashable {
        case readable
        case missing
        /// There is a file, but it cannot be read; the text says why, for example "Permission denied".
        case unreadable(String)
        /// What is wrong with the file, and where.
        case malformed(Diagnostic)
        /// Nothing has been verified for too long, or nothing has settled yet.
        case stale
        /// There is no fleet file, though there ought to be one; the text says why it cannot be read, where there is.
        case fleetMissing(String?)
        case fleetMalformed(Diagnostic)
        case fleetStale(FleetStanding.Staleness)

        /// The cause of everything's stop under this condition, or `nil` where the entries decide.
        package var cause: StopCause? {
            switch self {
            case .readable: nil
            case .missing: .missingFile
            case .unreadable: .unreadableFile
            case .malformed: .malformedFile
            case .stale: .stale
            case .fleetMissing: .fleetMissing
            case .fleetMalformed: .fleetMalformed
            case .fleetStale: .fleetStale
            }
        }

        /// What there is to say beside the cause: what is wrong with the file, and where.
        package var detail: String? {
            switch self {
            case .readable, .missing, .stale: nil
            case .unreadable(let why): why
            case .malformed(let diagnostic), .fleetMalformed(let diagnostic): diagnostic.description
            case .fleetMissing(let why): why
            case .fleetStale(let why): why.rawValue
            }
        }
    }

    package var condition: Condition
    /// The entries; none unless the condition is `readable`.
    package var entries: EntryTable
    /// What was noticed about single entries.
    package var warnings: [Diagnostic]
    /// Where the entries came from, where there is a file.
    package var provenance: Provenance?

    package init(
        condition: Condition,
        entries: EntryTable = EntryTable(),
        warnings: [Diagnostic] = [],
        provenance: Provenance? = nil
    ) {
        self.condition = condition
        self.entries = entries
        self.warnings = warnings
        self.provenance = provenance
    }
}

/// Which file some entries came from, for the history: who could have written it, and what exactly it said.
package struct Provenance: Sendable, Hashable {
    /// The numeric user id of the file's owner.
    package var owner: UInt32
    package var device: UInt64
    package var inode: UInt64
    /// Bytes.
    package var size: UInt64
    /// The SHA-256 of the content, in hexadecimal.
    package var sha256: String

    package init(owner: UInt32, device: UInt64, inode: UInt64, size: UInt64, sha256: String) {
        self.owner = owner
        self.device = device
        self.inode = inode
        self.size = size
        self.sha256 = sha256
    }
}
