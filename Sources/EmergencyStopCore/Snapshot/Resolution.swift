/// What a snapshot answers for one name: the status, the cause, and which entry gives them.
///
/// It refers to the entry instead of copying its texts, so that answering allocates nothing.
package struct Resolution: Sendable, Hashable {
    /// The entry that gives the status, by its place in one of the snapshot's tables.
    package enum Evidence: Sendable, Hashable {
        case none
        case settled(Int)
        case restraint(Int)
    }

    package var status: WorkflowStatus
    package var cause: StopCause
    package var evidence: Evidence

    package init(status: WorkflowStatus, cause: StopCause, evidence: Evidence = .none) {
        self.status = status
        self.cause = cause
        self.evidence = evidence
    }
}
