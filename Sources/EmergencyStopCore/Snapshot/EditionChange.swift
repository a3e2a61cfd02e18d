/// What is different in one edition from the one before it, as far as it is told to people: of a few names each, of
/// many how many there are.
package struct EditionChange: Sendable {
    /// One name's change.
    package struct Detail: Sendable, Hashable {
        package var name: WorkflowName
        package var old: StatusReport
        package var new: StatusReport
    }

    /// The most names of one edition that are told one by one. A pattern can stop 100,000 names at once, and neither
    /// the history nor the log is helped by a line for each.
    package static let detailLimit = 100
    /// The most names of which it is said which they are.
    static let nameLimit = 1_000

    package let number: UInt64
    /// What the file as a whole was and is.
    package let conditions: (old: SettledState.Condition, new: SettledState.Condition)
    /// Whether all of it has settled: what was only shown is in no file that could be named.
    package let isSettled: Bool
    /// Where it came from, if it has settled and there is a file.
    package let provenance: Provenance?
    /// What the fleet was when that made the change, and not the host's file.
    package let fleet: FleetHeader?
    package private(set) var details: [Detail] = []
    /// How many more there would have been.
    package private(set) var more = 0
    /// What names became, details or not.
    package private(set) var tally = Tally()
    /// Every name whose report may be another than before, `nil` where they are too many, or all.
    package private(set) var names: [WorkflowName]?

    init(number: UInt64, from old: Snapshot, to new: Snapshot) {
        self.number = number
        conditions = (old.condition, new.condition)
        isSettled = new.restraints.count == 0
        provenance = isSettled ? new.provenance : nil
        fleet = old.fleet !== new.fleet ? new.fleet?.header : nil
        names = old.condition == new.condition ? [] : nil
    }

    mutating func forget(where isForgotten: (Detail) -> Bool) { details.removeAll(where: isForgotten) }

    /// Takes note that a name's report is another than before.
    ///
    /// - Parameter resolution: The name's in the new snapshot.
    mutating func note(
        _ resolution: Resolution, isPattern: Bool, _ old: Snapshot, _ new: Snapshot, _ name: () -> WorkflowName
    ) {
        if let count = names?.count { if count < Self.nameLimit { names?.append(name()) } else { names = nil } }
        if isPattern {
            // It restrains from when it is shown; that it is listed then, as it was shown, is no change to tell of.
            let (before, after) = (old.report(for: name()), new.report(for: name()))
            if before == after { return }
            // What others do to what a pattern matches is no change of the pattern, and its release stops nobody.
            if before.restrains == after.restrains, [.pattern, .unlisted, .fleet].contains(after.cause) { return }
            if after.restrains != .go { tally.add(resolution.status, resolution.cause) }
        } else {
            tally.add(resolution.status, resolution.cause)
        }
        // What the condition did is said once. What it leaves behind when it is over is said of each name, but for the
        // very first read: nothing has changed then.
        guard new.condition.cause == nil, old.condition != .stale,
            old.condition.cause == nil || resolution.status != .stop
        else { return }
        guard details.count < Self.detailLimit else {
            more += 1
            return
        }
        let name = name()
        details.append(Detail(name: name, old: old.report(for: name), new: new.report(for: name)))
    }
}
