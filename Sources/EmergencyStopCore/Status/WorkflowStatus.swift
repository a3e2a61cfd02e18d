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
        // By length first: this is asked for every entry of a file.
        let candidate: WorkflowStatus
        switch bytes.count {
        case 2: candidate = .go
        case 4: candidate = .stop
        case 5: candidate = .pause
        default: return nil
        }
        guard bytes.spells(candidate.rawValue) else { return nil }
        self = candidate
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
