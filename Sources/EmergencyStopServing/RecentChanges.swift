internal import EmergencyStopCore

/// Which entries the last changes were about, for connections that watch all: who is not far behind need not look at
/// every entry for the few that have changed.
struct RecentChanges: Sendable {
    private static let limit = 64

    private struct Change {
        /// The revisions that it led from and to.
        var before: UInt64
        var after: UInt64
        var names: [WorkflowName]
    }

    private var changes: [Change] = []

    /// - Parameter names: `nil` where any may have changed.
    mutating func note(_ names: [WorkflowName]?, from before: UInt64, to after: UInt64) {
        guard let names else { return changes.removeAll() }
        if changes.count == Self.limit { changes.removeFirst() }
        changes.append(Change(before: before, after: after, names: names))
    }

    /// The names of all that has changed since a revision, each once, or `nil` where that is not remembered.
    func names(since revision: UInt64) -> [WorkflowName]? {
        guard let first = changes.first, first.before <= revision else { return nil }
        var names: [WorkflowName] = []
        var known: Set<WorkflowName> = []
        for change in changes where change.after > revision {
            for name in change.names where known.insert(name).inserted { names.append(name) }
        }
        return names
    }
}
