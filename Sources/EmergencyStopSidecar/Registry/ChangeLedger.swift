internal import EmergencyStop

/// Which entries have changed, for connections that watch all and cannot keep up.
///
/// Kept only while there is such a connection, and shared by all of them: each remembers how far it has read. A name
/// stands in it once, however often it changes, so the ledger is bounded by the number of names.
struct ChangeLedger {
    private(set) var names: [WorkflowName] = []
    private var changedAt: [UInt64] = []
    private var places: [WorkflowName: Int] = [:]

    mutating func record(_ name: WorkflowName, at revision: UInt64) {
        if let place = places[name] {
            changedAt[place] = revision
        } else {
            places[name] = names.count
            names.append(name)
            changedAt.append(revision)
        }
    }

    /// The next name from this place on that changed after a revision, and its place.
    func next(from place: Int, after revision: UInt64) -> (place: Int, name: WorkflowName)? {
        var place = place
        while place < names.count {
            if changedAt[place] > revision { return (place, names[place]) }
            place += 1
        }
        return nil
    }
}
