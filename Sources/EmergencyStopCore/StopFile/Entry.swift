/// An entry of the stop file: a workflow or a pattern, and the status that the file gives it.
package struct Entry: Sendable, Hashable {
    package var name: WorkflowName
    package var status: WorkflowStatus
    /// Whether the status in the file is none of `go`, `pause` and `stop`; the entry is then a `stop`.
    package var isInvalid: Bool
    package var reason: String?
    package var by: String?
    package var at: String?

    package init(
        name: WorkflowName,
        status: WorkflowStatus,
        isInvalid: Bool = false,
        reason: String? = nil,
        by: String? = nil,
        at: String? = nil
    ) {
        self.name = name
        self.status = status
        self.isInvalid = isInvalid
        self.reason = reason
        self.by = by
        self.at = at
    }

    /// The cause that goes with the entry's own status.
    package var cause: StopCause { isInvalid ? .invalidEntry : .listed }
}
