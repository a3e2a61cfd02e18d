package import EmergencyStopCore

/// What a source has to say to those who serve it.
package struct Delivery: Sendable {
    /// What is new, where something is.
    package var update: SnapshotUpdate?
    /// The start of the latest read that found what has settled, where there was one.
    package var verifiedAt: ContinuousClock.Instant?
    package var satisfied: ReadRequest
    /// The start of the earliest read in this delivery.
    package var readAt: ContinuousClock.Instant

    /// Puts a later delivery on top of this one, which nobody has taken yet.
    package mutating func absorb(_ later: Delivery) {
        if let update = later.update {
            if self.update == nil { self.update = update } else { self.update?.absorb(update) }
        }
        verifiedAt = later.verifiedAt ?? verifiedAt
        satisfied = max(satisfied, later.satisfied)
    }
}

/// Makes editions of what a source says. Belongs to the source's thread, so that the loop gets them ready-made, and
/// so that what is large is freed there as well.
package struct SourceDigest: Sendable {
    private var edition = Edition.none
    /// Earlier editions, each until nobody else has it.
    private var handedOver: [Edition] = []

    package init() {}

    package mutating func digest(_ event: SourceEvent) -> Delivery {
        letGo()
        var delivery = Delivery(update: nil, verifiedAt: nil, satisfied: event.satisfied, readAt: event.readAt)
        switch event.finding {
        case .shown(let entries):
            if let restrained = edition.snapshot.restrained(by: entries) {
                delivery.update = advance(edition.next(restrained))
            }
        case .settled(let state):
            delivery.update = advance(edition.next(Snapshot(state)))
            delivery.verifiedAt = event.readAt
        case .verified(let provenance):
            delivery.verifiedAt = event.readAt
            if let provenance, provenance != edition.snapshot.provenance {
                delivery.update = advance(edition.found(in: provenance))
            }
        case .failed:
            break
        }
        return delivery
    }

    private mutating func advance(_ next: (edition: Edition, change: EditionChange)) -> SnapshotUpdate {
        handedOver.append(edition)
        edition = next.edition
        return SnapshotUpdate(next.edition, next.change)
    }

    private mutating func letGo() {
        for place in handedOver.indices.reversed() where isKnownUniquelyReferenced(&handedOver[place]) {
            handedOver.remove(at: place)
        }
    }
}
