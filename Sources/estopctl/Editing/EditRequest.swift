internal import EmergencyStopCore

/// What an operator asks to be changed.
struct EditRequest {
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
}

extension EditRequest {
    /// What is known of a name beside the stop file: who has to do with it.
    struct Presence: Hashable {
        var watchers: Int
        var runs: Int
    }
}
