package import EmergencyStop

/// What the events of a source come to, on the way from the source's thread to the event loop.
///
/// Where the loop is slower than the source, deliveries merge, and no stop is lost in it.
package struct Delivery: Sendable {
    /// The new snapshot, where there is one.
    package var update: SnapshotUpdate?
    /// The start of the latest read that found what has settled, where there was one.
    package var verifiedAt: ContinuousClock.Instant?
    package var satisfied: ReadRequest
    /// The start of the earliest read in this delivery.
    package var readAt: ContinuousClock.Instant

    /// Puts a later delivery on top of this one.
    package mutating func absorb(_ later: Delivery) {
        if let update = later.update {
            if self.update == nil { self.update = update } else { self.update?.absorb(update) }
        }
        verifiedAt = later.verifiedAt ?? verifiedAt
        satisfied = max(satisfied, later.satisfied)
    }
}

/// Makes snapshots of what a source says. Lives on the source's thread, so that the event loop gets them ready-made.
package struct SourceDigest: Sendable {
    private var snapshot = Snapshot.unread

    package init() {}

    package mutating func digest(_ event: SourceEvent) -> Delivery {
        var delivery = Delivery(
            update: nil, verifiedAt: nil, satisfied: event.satisfied, readAt: event.readAt
        )
        switch event.finding {
        case .shown(let entries):
            if let restrained = snapshot.restrained(by: entries) { delivery.update = advance(to: restrained) }
        case .settled(let state):
            delivery.update = advance(to: Snapshot(state))
            delivery.verifiedAt = event.readAt
        case .verified(let provenance):
            delivery.verifiedAt = event.readAt
            if let provenance, provenance != snapshot.provenance {
                snapshot = snapshot.found(in: provenance)
                delivery.update = SnapshotUpdate(unchangedIn: snapshot)
            }
        case .failed:
            break
        }
        return delivery
    }

    private mutating func advance(to next: Snapshot) -> SnapshotUpdate {
        defer { snapshot = next }
        return SnapshotUpdate(from: snapshot, to: next)
    }
}
