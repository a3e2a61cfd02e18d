/// An edition on its way to those who serve it, and what is different from the last that they had.
///
/// Where the way is slow, updates merge. No stop is lost in that, for the last edition remembers them all.
package struct SnapshotUpdate: Sendable {
    /// The most changes of merged updates that are told one by one.
    private static let changeLimit = 100

    /// What holds now.
    package private(set) var edition: Edition
    /// Every name whose report may be another than before, or `nil` where any may: there were too many changes to say.
    package private(set) var names: [WorkflowName]?
    /// The changes that led here, in their order; of very many the last.
    package private(set) var changes: [EditionChange]

    /// The update from one edition to the next.
    package init(_ edition: Edition, _ change: EditionChange) {
        self.edition = edition
        names = change.names
        changes = [change]
    }

    /// Puts a later update on top of this one, which nobody has seen yet.
    package mutating func absorb(_ later: SnapshotUpdate) {
        edition = later.edition
        forgetWhatIsNotTold(before: later)
        changes += later.changes
        changes.removeFirst(max(0, changes.count - Self.changeLimit))
        if let mine = names, let theirs = later.names, mine.count + theirs.count <= EditionChange.nameLimit {
            let known = Set(mine)
            names = mine + theirs.filter { !known.contains($0) }
        } else {
            names = nil
        }
    }

    /// Keeps of each name's changes what is told: the last stop before it, and what it is now. What was in between is
    /// told to nobody, and so recorded nowhere.
    private mutating func forgetWhatIsNotTold(before later: SnapshotUpdate) {
        var next: [WorkflowName: WorkflowStatus] = [:]
        for change in later.changes {
            for detail in change.details where next[detail.name] == nil { next[detail.name] = detail.new.status }
        }
        guard !next.isEmpty else { return }
        for index in changes.indices {
            changes[index].forget { detail in
                guard let status = next[detail.name] else { return false }
                return detail.new.status != .stop || status == .stop
            }
        }
    }
}
