/// A workflow's status with everything that is known about why.
public struct StatusReport: Sendable, Hashable {
    /// The workflow's name.
    public var name: String
    /// Whether it may run.
    public var status: WorkflowStatus
    /// Why the status is what it is.
    public var cause: StopCause
    /// The pattern that gives the status, for example `Satellite*`, where one does.
    public var pattern: String?
    /// The operator's reason, where one was given.
    public var reason: String?
    /// Who set the status, as the stop file says.
    public var by: String?
    /// When it was set, as the stop file says: free text, RFC 3339 by convention.
    public var at: String?

    /// Creates a report.
    public init(
        name: String,
        status: WorkflowStatus,
        cause: StopCause,
        pattern: String? = nil,
        reason: String? = nil,
        by: String? = nil,
        at: String? = nil
    ) {
        self.name = name
        self.status = status
        self.cause = cause
        self.pattern = pattern
        self.reason = reason
        self.by = by
        self.at = at
    }
}
