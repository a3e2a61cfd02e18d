/// A snapshot in its place among those before it: its number, and what it remembers of them.
///
/// Whoever has this knows of every stop that was, however many snapshots lay between and were never seen: when each
/// name was last stopped, and why, is worked out once, by whoever makes the snapshot, so that serving it costs nothing
/// that grows with the number of entries.
///
/// A class, so that handing it on costs one reference, and so that whoever made it can see that nobody else has it any
/// more and free what is large in it.
package final class Edition: Sendable {
    /// From 1 in each life of the source; 0 before anything was read.
    package let number: UInt64
    package let snapshot: Snapshot
    package let census: Census
    let past: Past

    /// What an edition remembers, by the places of its entries.
    struct Past: Sendable {
        /// The number of the edition since which each entry is what it is.
        var changedAt: [UInt64] = []
        /// For each entry that is not stopped now, where its last stop stands in `stops`, and one; 0 for nowhere. Empty
        /// where that is so for all.
        var stopPlaces: [UInt32] = []
        var stops: [PastStop] = []
        /// The last time that everything was stopped.
        var stopOfAll = PastStop(number: 0, cause: .stale)
        /// Names that had an entry and have none any more, the last of them, and since which edition.
        var gone: [(name: WorkflowName, number: UInt64)] = []
        /// Whoever knows no more than this edition can not be told all that is gone.
        var goneSince: UInt64 = 0
    }

    /// Before anything was read.
    package static let none = Edition(number: 0, .unread, Past(), Census())

    private init(number: UInt64, _ snapshot: Snapshot, _ past: Past, _ census: Census) {
        self.number = number
        self.snapshot = snapshot
        self.past = past
        self.census = census
    }

    /// The edition after this one, and what is different in it. Costs one pass over the entries of both.
    package func next(_ snapshot: Snapshot) -> (edition: Edition, change: EditionChange) {
        var comparison = Comparison(from: self, to: snapshot)
        comparison.run()
        let edition = Edition(number: number + 1, snapshot, comparison.past, comparison.census)
        return (edition, comparison.change)
    }

    /// The edition after this one where the same was found in another file, which costs no pass over the entries.
    package func found(in provenance: Provenance) -> (edition: Edition, change: EditionChange) {
        let found = snapshot.found(in: provenance)
        return (
            Edition(number: number + 1, found, past, census),
            EditionChange(number: number + 1, from: snapshot, to: found)
        )
    }
}

/// A stop that was and is over.
package struct PastStop: Sendable, Hashable {
    /// The number of the last edition in which it held.
    package var number: UInt64
    package var cause: StopCause
    package var reason: String?
    package var by: String?
    package var at: String?
    package var pattern: String?

    package init(
        number: UInt64, cause: StopCause, reason: String? = nil, by: String? = nil, at: String? = nil,
        pattern: String? = nil
    ) {
        self.number = number
        self.cause = cause
        self.reason = reason
        self.by = by
        self.at = at
        self.pattern = pattern
    }

    init(number: UInt64, _ report: StatusReport) {
        self.init(
            number: number, cause: report.cause, reason: report.reason, by: report.by, at: report.at,
            pattern: report.pattern
        )
    }

    /// What was reported of a name while it held.
    package func report(of name: WorkflowName) -> StatusReport {
        StatusReport(
            name: name.text, status: .stop, cause: cause, pattern: pattern, reason: reason, by: by, at: at
        )
    }
}

// MARK: - Looking back

extension Edition {
    /// The last stop of a name that is not stopped now.
    package func lastStop(of name: WorkflowName) -> PastStop {
        guard !past.stopPlaces.isEmpty, let position = snapshot.entries.position(ofName: name) else {
            return past.stopOfAll
        }
        return lastStop(at: position)
    }

    private func lastStop(at position: Int) -> PastStop {
        guard past.stopPlaces[position] > 0 else { return past.stopOfAll }
        let stop = past.stops[Int(past.stopPlaces[position]) - 1]
        return stop.number > past.stopOfAll.number ? stop : past.stopOfAll
    }

    /// How many entries there are.
    package var count: Int { snapshot.entries.count }

    /// The number of the edition since which the entry at this place is what it is.
    package func changedAt(_ position: Int) -> UInt64 { past.changedAt[position] }

    /// The first entry from this place on, and before another, that is another than in an edition of this number.
    package func firstChange(in places: Range<Int>, since number: UInt64) -> Int? {
        places.first { past.changedAt[$0] > number }
    }

    /// Names that had an entry in some edition after this number and have none any more, or `nil` where there were
    /// more than are remembered.
    package func gone(since number: UInt64) -> [WorkflowName]? {
        guard number >= past.goneSince else { return nil }
        return past.gone.filter { $0.number > number }.map(\.name)
    }
}
