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
    /// Of a pattern: what its own entry restrains others to, where `go` is nothing; `nil` for a name. Its status is
    /// another matter: no workflow of this name may run, and a wider pattern may restrain what it matches.
    package var restrains: WorkflowStatus?

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

extension StatusReport: CustomStringConvertible {
    /// One line for people: `SatelliteDiskErase: stop (listed): wrong datacenter, by jdoak`. A character that would steer
    /// a terminal or begin another line of a log is shown as its number, `\u{1B}`.
    public var description: String {
        var text = "\(name): \(status.rawValue) (\(cause)"
        if let pattern { text += " \(pattern)" }
        text += ")"
        if let reason { text += ": \(reason)" }
        if let by { text += ", by \(by)" }
        return UnsafeText.replaced(in: text) { "\\u{\(String($0.value, radix: 16, uppercase: true))}" }
    }
}

extension StatusReport {
    /// Whether it is of a pattern that restrains nothing, being go or not listed, while no other stops all that it
    /// matches. As a name it is stopped, since a pattern is no name that could go; to a person who looks for what is
    /// stopped that is noise.
    package var isOfIdlePattern: Bool { cause == .unlisted && WorkflowName(validated: name).isPattern }
}
