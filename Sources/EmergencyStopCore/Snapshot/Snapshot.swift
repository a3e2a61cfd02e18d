/// What every name's status is: the outcome of the reads so far, immutable.
///
/// It holds what settled last, and beside it every restraint that a read has shown since. Those can only lower a
/// status: what is shown and not settled may be a file that is half written. A fleet can only lower it, too.
///
/// A class, so that handing it on costs one reference and not one for each table in it.
package final class Snapshot: Sendable {
    package let condition: SettledState.Condition
    /// The condition of the host's own file.
    private let fileCondition: SettledState.Condition
    /// What the fleet restrains, where the host belongs to one.
    package let fleet: FleetRestraint?
    /// The entries that settled last.
    package let entries: EntryTable
    /// Entries and patterns that are not `go` and were shown since, settled or not.
    package let restraints: EntryTable
    package let warnings: [Diagnostic]
    package let provenance: Provenance?
    private let patterns: PatternIndex

    private init(
        condition: SettledState.Condition, entries: EntryTable, restraints: EntryTable,
        warnings: [Diagnostic], provenance: Provenance?, fleet: FleetRestraint?, patterns: PatternIndex? = nil
    ) {
        fileCondition = condition
        // Of two things that stop everything the host's own is told.
        self.condition = condition.cause == nil ? fleet?.condition ?? condition : condition
        self.fleet = fleet
        self.entries = entries
        self.restraints = restraints
        self.warnings = warnings
        self.provenance = provenance
        self.patterns = patterns ?? PatternIndex(settled: entries, restraints: restraints)
    }

    /// What has settled, with nothing shown since.
    package convenience init(_ settled: SettledState, fleet: FleetRestraint? = nil) {
        self.init(
            condition: settled.condition, entries: settled.entries, restraints: EntryTable(),
            warnings: settled.warnings, provenance: settled.provenance, fleet: fleet
        )
    }

    /// Before anything has settled.
    package static let unread = Snapshot(SettledState(condition: .stale))

    /// The snapshot after a read that has not settled showed these entries, or `nil` where they restrain nothing new.
    package func restrained(by shown: EntryTable) -> Snapshot? {
        guard let restraints = shown.restraints(addedTo: restraints) else { return nil }
        return Snapshot(
            condition: fileCondition, entries: entries, restraints: restraints,
            warnings: warnings, provenance: provenance, fleet: fleet
        )
    }

    /// The same entries, none of them believed any more.
    package func under(_ condition: SettledState.Condition) -> Snapshot {
        Snapshot(
            condition: condition, entries: entries, restraints: restraints,
            warnings: warnings, provenance: provenance, fleet: fleet, patterns: patterns
        )
    }

    /// The same, found in another file that holds the same bytes.
    package func found(in provenance: Provenance) -> Snapshot {
        Snapshot(
            condition: fileCondition, entries: entries, restraints: restraints,
            warnings: warnings, provenance: provenance, fleet: fleet, patterns: patterns
        )
    }

    /// The same of the host's own file, under what the fleet restrains now.
    package func under(_ fleet: FleetRestraint) -> Snapshot {
        Snapshot(
            condition: fileCondition, entries: entries, restraints: restraints,
            warnings: warnings, provenance: provenance, fleet: fleet, patterns: patterns
        )
    }

    /// The status of a name, given as its bytes.
    package func resolve(_ name: Span<UInt8>) -> Resolution {
        resolve(name, settled: entries.position(of: name))
    }

    /// The status of a name whose place among the settled entries is known. The only place that answers `go`.
    package func resolve(_ name: Span<UInt8>, settled position: Int?) -> Resolution {
        if let cause = condition.cause { return Resolution(status: .stop, cause: cause) }
        guard var answer = own(name, at: position) else { return Resolution(status: .stop, cause: .unlisted) }
        // Of two that say the same the entry gives the cause, but a pattern that restrains nothing says nothing.
        if let (status, evidence) = patterns.restraint(on: name),
            status < answer.status || status == answer.status && answer.cause == .unlisted
        {
            answer = Resolution(status: status, cause: .pattern, evidence: evidence)
        }
        // Only what restrains more than all of the host's own does is the fleet's. Of what is unlisted only patterns come
        // as far as this: one that the host has not is what the fleet has made of it.
        if let fleet, let (status, position) = fleet.restraint(on: name),
            status < answer.status
                || answer.cause == .unlisted && (status == answer.status || fleet.restrains(pattern: name) != .go)
        {
            answer = Resolution(status: status, cause: .fleet, evidence: .fleet(position))
        }
        return answer
    }

    /// The status of a name with everything known about why.
    package func report(for name: WorkflowName) -> StatusReport {
        var text = name.text
        let resolution = text.withUTF8 { resolve($0.span) }
        var report = StatusReport(name: name.text, status: resolution.status, cause: resolution.cause)
        if let (table, position) = place(resolution.evidence) {
            let entry = table[position]
            report.reason = entry.reason
            report.by = entry.by
            report.at = entry.at
            if entry.name.isPattern { report.pattern = entry.name.text }
        } else {
            report.reason = condition.detail
        }
        if name.isPattern { report.restrains = text.withUTF8 { restraint(ofPattern: $0.span) } }
        return report
    }

    /// What the entry of this very pattern restrains others to, settled or only shown or the fleet's; `go` where it
    /// restrains nothing.
    package func restraint(ofPattern name: Span<UInt8>) -> WorkflowStatus {
        min(ownRestraint(ofPattern: name), fleet?.restrains(pattern: name) ?? .go)
    }

    private func ownRestraint(ofPattern name: Span<UInt8>) -> WorkflowStatus {
        let settled = entries.position(of: name).map { entries.status(at: $0) }
        let shown = restraints.position(of: name).map { restraints.status(at: $0) }
        return min(settled ?? .go, shown ?? .go)
    }

    /// Whether everything is stopped because not all has been looked at yet: nothing has settled, or the fleet is not
    /// known.
    var isUnread: Bool { condition == .stale || condition == .fleetStale(.unread) }

    /// The stop of a name that a read of the host's own file has shown, whether or not everything is stopped because not
    /// all has been looked at yet; `nil` where none has.
    func shownStop(of name: Span<UInt8>) -> Resolution? {
        if let place = restraints.position(of: name), restraints.status(at: place) == .stop { return shown(place) }
        if let own = own(name, at: entries.position(of: name)), own.status == .stop { return own }
        guard let (status, evidence) = patterns.restraint(on: name), status == .stop else { return nil }
        return Resolution(status: .stop, cause: .pattern, evidence: evidence)
    }

    /// Only the status of a name, without the reasons.
    package func status(of name: WorkflowName) -> WorkflowStatus {
        var text = name.text
        return text.withUTF8 { resolve($0.span).status }
    }

    /// The entry that a resolution of this snapshot rests on: its table, and its place there.
    package func place(_ evidence: Resolution.Evidence) -> (table: EntryTable, position: Int)? {
        switch evidence {
        case .none: nil
        case .settled(let position): (entries, position)
        case .restraint(let position): (restraints, position)
        case .fleet(let position): fleet.map { ($0.entries, position) }
        }
    }

    /// The least of what settled for this very name and what was shown for it since; `nil` for a name that is not listed,
    /// as what is only shown lists none.
    ///
    /// A pattern restrains and allows nothing, itself neither: where it restrains nothing, no workflow of this name is
    /// listed.
    private func own(_ name: Span<UInt8>, at position: Int?) -> Resolution? {
        let isPattern = name.count > 0 && name[name.count - 1] == UInt8(ascii: "*")
        if isPattern, ownRestraint(ofPattern: name) == .go {
            return Resolution(status: .stop, cause: .unlisted, evidence: position.map { .settled($0) } ?? .none)
        }
        guard let position else { return isPattern ? restraints.position(of: name).map(shown) : nil }
        var answer = Resolution(
            status: entries.status(at: position),
            cause: entries.isInvalid(at: position) ? .invalidEntry : .listed,
            evidence: .settled(position)
        )
        if let place = restraints.position(of: name), restraints.status(at: place) < answer.status {
            answer = shown(place)
        }
        return answer
    }

    private func shown(_ place: Int) -> Resolution {
        Resolution(
            status: restraints.status(at: place), cause: restraints.isInvalid(at: place) ? .invalidEntry : .listed,
            evidence: .restraint(place)
        )
    }
}

/// What a snapshot answers for one name: the status, the cause, and which entry gives them.
///
/// It refers to the entry instead of copying its texts, so that answering allocates nothing.
package struct Resolution: Sendable, Hashable {
    /// The entry that gives the status, by its place in one of the snapshot's tables.
    package enum Evidence: Sendable, Hashable {
        case none
        case settled(Int)
        case restraint(Int)
        case fleet(Int)
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
