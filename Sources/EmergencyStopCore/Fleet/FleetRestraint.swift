/// What a fleet takes away from what the host's own file allows. It adds nothing: what it has as `go` is as good as not
/// listed.
///
/// A class, so that handing it on costs one reference.
package final class FleetRestraint: Sendable {
    /// Why everything is stopped, or `readable` where the entries decide.
    package let condition: SettledState.Condition
    /// Whose entries these are, where they could be read.
    package let header: FleetHeader?
    package let entries: EntryTable
    private let patterns: PatternIndex

    /// What a fleet file says.
    package init(_ header: FleetHeader, _ entries: EntryTable) {
        condition = .readable
        self.header = header
        self.entries = entries
        patterns = PatternIndex(settled: entries, restraints: EntryTable())
    }

    /// Nothing can be believed, so that everything is stopped, or, when the host has left its fleet, nothing counts.
    package init(_ condition: SettledState.Condition, _ header: FleetHeader? = nil) {
        self.condition = condition
        self.header = header
        entries = EntryTable()
        patterns = PatternIndex(settled: entries, restraints: entries)
    }

    /// The status that the fleet leaves to a name and the entry that gives it, the name's own where that ties with a
    /// pattern; `nil` where it restrains nothing.
    func restraint(on name: Span<UInt8>) -> (status: WorkflowStatus, position: Int)? {
        var found: (status: WorkflowStatus, position: Int)?
        if let position = entries.position(of: name), entries.status(at: position) != .go {
            found = (entries.status(at: position), position)
        }
        if let (status, evidence) = patterns.restraint(on: name), case .settled(let position) = evidence,
            status < found?.status ?? .go
        {
            found = (status, position)
        }
        return found
    }

    /// What the entry of this very pattern restrains others to.
    func restrains(pattern name: Span<UInt8>) -> WorkflowStatus {
        entries.position(of: name).map { entries.status(at: $0) } ?? .go
    }

    /// Whether another says the same in every word, but for when it was verified and as what revision.
    package func isSame(as other: FleetRestraint) -> Bool {
        condition == other.condition && entries.count == other.entries.count
            && (0..<entries.count).allSatisfy { entries.isSameEntry(at: $0, as: $0, in: other.entries) }
    }
}

/// Until when what the fleet restrains may be served without being verified.
package enum FleetTerm: Sendable, Hashable {
    /// There is no fleet, or it stops everything, which needs no verifying.
    case unlimited
    case until(ContinuousClock.Instant)
}
