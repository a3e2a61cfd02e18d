package import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc

/// What an operator asks to be changed.
package struct EditRequest {
    var names: [WorkflowName]
    var status: WorkflowStatus
    var reason: String?
    /// The operator.
    var by: String?
    /// When, in RFC 3339.
    var at: String?
    /// Whether a name without an entry is to get one.
    var addsEntries = false
    /// Whether another person's restraint may be lifted.
    var overrides = false

    package init(
        names: [WorkflowName], status: WorkflowStatus, reason: String? = nil, by: String? = nil, at: String? = nil,
        addsEntries: Bool = false, overrides: Bool = false
    ) {
        self.names = names
        self.status = status
        self.reason = reason
        self.by = by
        self.at = at
        self.addsEntries = addsEntries
        self.overrides = overrides
    }
}

extension EditRequest {
    /// What is known of a name beside the stop file: who has to do with it.
    struct Presence: Hashable {
        var watchers: Int
        var runs: Int
    }
}

/// Who edits: what goes into `By`.
package enum Operator {
    /// Who called `sudo`, as whomever, else the user's name, else the user's number.
    ///
    /// Says who it was, and proves nothing: who may write to the file could write any name into it.
    package static var name: String { environment("SUDO_USER") ?? Accounts.name(ofUser: geteuid()) ?? "\(geteuid())" }

    /// A variable's value, unless it is empty.
    static func environment(_ variable: String) -> String? {
        guard let value = getenv(variable).map({ String(cString: $0) }), !value.isEmpty else { return nil }
        return value
    }
}
