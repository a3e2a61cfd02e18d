/// A snapshot on its way to those who serve it, and what is different from the one before.
///
/// Where the way is slow, updates merge: the last snapshot counts, but a stop that lies between is kept, so that
/// whoever was told `go` before and is told `go` after is told of the stop as well.
package struct SnapshotUpdate: Sendable {
    /// What holds now.
    package private(set) var snapshot: Snapshot
    /// Every name whose report may be another than before: of entries that changed, came or went.
    package private(set) var changed: [WorkflowName]
    /// Stops of single names that were and are no more.
    package private(set) var interim: [StatusReport]
    /// The condition under which everything was stopped meanwhile, where there was one and it is over.
    package private(set) var interimCondition: SettledState.Condition?

    /// The update from one snapshot to the next. Costs one pass over the entries.
    package init(from old: Snapshot, to new: Snapshot) {
        snapshot = new
        changed = new.namesChanged(since: old)
        interim = []
        interimCondition = nil
    }

    /// The update to a snapshot that answers like the one before, and costs no pass over the entries.
    package init(unchangedIn new: Snapshot) {
        snapshot = new
        changed = []
        interim = []
        interimCondition = nil
    }

    /// Puts a later update on top of this one, which nobody has seen yet.
    package mutating func absorb(_ later: SnapshotUpdate) {
        if snapshot.condition.cause != nil, later.snapshot.condition.cause == nil {
            interimCondition = snapshot.condition
        } else {
            for name in changed {
                let skipped = snapshot.report(for: name)
                if skipped.status == .stop, later.snapshot.report(for: name).status != .stop {
                    interim.append(skipped)
                }
            }
        }
        interim += later.interim
        interimCondition = later.interimCondition ?? interimCondition
        if changed.isEmpty {
            changed = later.changed
        } else {
            let known = Set(changed)
            changed += later.changed.filter { !known.contains($0) }
        }
        snapshot = later.snapshot
    }
}

extension Snapshot {
    /// The names of entries, of this snapshot or the older one, whose reports are not the same in both.
    fileprivate func namesChanged(since old: Snapshot) -> [WorkflowName] {
        var changed = Set(shownPatterns + old.shownPatterns).filter { name in
            entries.position(ofName: name) == nil && old.entries.position(ofName: name) == nil
                && report(for: name) != old.report(for: name)
        }.sorted()
        var kept = 0
        for position in 0..<entries.count {
            // Files change in few places: most entries stand where they stood.
            let before = old.entries.position(ofEntryAt: position, in: entries)
            if before != nil { kept += 1 }
            let same = entries.withName(at: position) { name in
                isSame(resolve(name, settled: position), old.resolve(name, settled: before), in: old)
                    && (!entries.isPattern(at: position)
                        || restraint(ofPattern: name) == old.restraint(ofPattern: name))
            }
            // An entry that came is news even if it is stopped like before: it is listed now.
            if !same || before == nil { changed.append(entries.name(at: position)) }
        }
        guard kept < old.entries.count else { return changed }
        for position in 0..<old.entries.count where entries.position(ofEntryAt: position, in: old.entries) == nil {
            changed.append(old.entries.name(at: position))
        }
        return changed
    }

    /// The patterns that were shown to restrain since something settled: they do before they are listed.
    private var shownPatterns: [WorkflowName] { restraints.patternPositions.map { restraints.name(at: $0) } }

    private func isSame(_ mine: Resolution, _ theirs: Resolution, in old: Snapshot) -> Bool {
        guard mine.status == theirs.status, mine.cause == theirs.cause else { return false }
        // Nearly every entry takes this way; the other one copies the tables, which counts with a million of them.
        if case .settled(let position) = mine.evidence, case .settled(let oldPosition) = theirs.evidence {
            return entries.isSameEntry(at: position, as: oldPosition, in: old.entries)
        }
        return switch (place(mine.evidence), old.place(theirs.evidence)) {
        case (nil, nil): true
        case (let (table, position)?, let (oldTable, oldPosition)?):
            table.isSameEntry(at: position, as: oldPosition, in: oldTable)
        default: false
        }
    }

}
