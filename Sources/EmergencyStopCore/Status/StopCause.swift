/// Why a status is what it is.
///
/// A structure rather than an enumeration, so that a cause can be added without breaking a `switch` elsewhere:
/// compare with the constants and keep a `default`.
public struct StopCause: Sendable, Hashable {
    /// One byte, so that reports compare and copy without touching a string.
    package enum Code: UInt8, Sendable, CaseIterable {
        case listed, pattern, unlisted, invalidEntry, missingFile, unreadableFile, malformedFile, stale
        case unreachable, notRunning
        case fleet, fleetMissing, fleetMalformed, fleetStale
    }

    package let code: Code

    package init(_ code: Code) {
        self.code = code
    }

    /// The stop file lists this exact name with this status.
    public static let listed = StopCause(.listed)
    /// A pattern, an entry whose name ends in `*`, restrains the name.
    public static let pattern = StopCause(.pattern)
    /// The stop file does not list the name.
    public static let unlisted = StopCause(.unlisted)
    /// The entry's status is none of `go`, `pause` and `stop`.
    public static let invalidEntry = StopCause(.invalidEntry)
    /// There is no stop file.
    public static let missingFile = StopCause(.missingFile)
    /// There is a stop file, but it may not be read, or it is no regular file.
    public static let unreadableFile = StopCause(.unreadableFile)
    /// The stop file cannot be understood, so none of it is believed.
    public static let malformedFile = StopCause(.malformedFile)
    /// The sidecar's last settled read of the stop file is too old.
    public static let stale = StopCause(.stale)
    /// The client has heard no proof of life from a sidecar within its lease.
    public static let unreachable = StopCause(.unreachable)
    /// Nobody runs the client: its `run()` has not been called, or has ended.
    public static let notRunning = StopCause(.notRunning)
    /// The fleet that the host belongs to restrains the name, by the name itself or by a pattern.
    public static let fleet = StopCause(.fleet)
    /// The host belongs to a fleet, and there is no file that says what the fleet restrains.
    public static let fleetMissing = StopCause(.fleetMissing)
    /// What the fleet restrains cannot be understood.
    public static let fleetMalformed = StopCause(.fleetMalformed)
    /// What the fleet restrains has not been verified for too long.
    public static let fleetStale = StopCause(.fleetStale)
}

extension StopCause: RawRepresentable, CustomStringConvertible {
    /// The cause as the line protocol spells it, for example `malformed-file`.
    public var rawValue: String {
        switch code {
        case .listed: "listed"
        case .pattern: "pattern"
        case .unlisted: "unlisted"
        case .invalidEntry: "invalid-entry"
        case .missingFile: "missing-file"
        case .unreadableFile: "unreadable-file"
        case .malformedFile: "malformed-file"
        case .stale: "stale"
        case .unreachable: "unreachable"
        case .notRunning: "not-running"
        case .fleet: "fleet"
        case .fleetMissing: "fleet-missing"
        case .fleetMalformed: "fleet-malformed"
        case .fleetStale: "fleet-stale"
        }
    }

    /// The cause that the line protocol spells so, or `nil` for a word that this version does not know.
    public init?(rawValue: String) {
        guard let code = Code.allCases.first(where: { StopCause($0).rawValue == rawValue }) else { return nil }
        self.init(code)
    }

    public var description: String { rawValue }
}
