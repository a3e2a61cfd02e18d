/// Whether a workflow may run.
///
/// Statuses are ordered by what they allow, `stop < pause < go`, so that the status which holds where several
/// apply is their minimum.
public enum WorkflowStatus: String, Sendable, Hashable, CaseIterable {
    /// Do not start; what runs is cancelled.
    case stop
    /// Start nothing new and hold at the next checkpoint; resume on ``go``.
    case pause
    /// May run.
    case go
}

extension WorkflowStatus {
    /// The status that exactly these bytes spell.
    package init?(exactly bytes: Span<UInt8>) {
        guard let status = Self.allCases.first(where: { bytes.spells($0.rawValue) }) else { return nil }
        self = status
    }
}

extension WorkflowStatus: Comparable {
    private var permissiveness: Int {
        switch self {
        case .stop: 0
        case .pause: 1
        case .go: 2
        }
    }

    public static func < (lhs: WorkflowStatus, rhs: WorkflowStatus) -> Bool {
        lhs.permissiveness < rhs.permissiveness
    }
}
