package import EmergencyStopCore

/// What a source has to say to those who serve it.
package struct Delivery: Sendable {
    /// What is new, where something is.
    package var update: SnapshotUpdate?
    /// The start of the latest read that found what has settled, where there was one.
    package var verifiedAt: ContinuousClock.Instant?
    /// Until when what the fleet restrains may be served, where that is news.
    package var fleet: FleetTerm?
    package var satisfied: ReadRequest
    /// The start of the earliest read in this delivery.
    package var readAt: ContinuousClock.Instant

    /// Puts a later delivery on top of this one, which nobody has taken yet.
    package mutating func absorb(_ later: Delivery) {
        if let update = later.update {
            if self.update == nil { self.update = update } else { self.update?.absorb(update) }
        }
        verifiedAt = later.verifiedAt ?? verifiedAt
        fleet = later.fleet ?? fleet
        satisfied = max(satisfied, later.satisfied)
    }
}

/// Makes editions of what a source says. Belongs to the source's threads, one at a time, so that the loop gets them
/// ready-made, and so that what is large is freed there as well.
package struct SourceDigest: Sendable {
    private var edition = Edition.none
    /// Earlier editions, each until nobody else has it.
    private var handedOver: [Edition] = []
    /// What the fleet restrains, where the host belongs to one: everything until it was looked at.
    private var fleet: FleetRestraint?
    /// Whether that is so.
    private var isFleetAwaited: Bool
    private var verifiedAt: ContinuousClock.Instant?
    private var satisfied = ReadRequest.none
    private var satisfiedByFleet = ReadRequest.none

    /// - Parameter hasFleet: Whether the host belongs to a fleet.
    package init(hasFleet: Bool = false) {
        isFleetAwaited = hasFleet
        fleet = hasFleet ? FleetRestraint(.fleetStale(.unread)) : nil
    }

    package mutating func digest(_ event: SourceEvent) -> Delivery {
        letGo()
        var delivery = Delivery(update: nil, verifiedAt: nil, satisfied: .none, readAt: event.readAt)
        switch event.finding {
        case .shown(let entries):
            if let restrained = edition.snapshot.restrained(by: entries) {
                delivery.update = advance(edition.next(restrained))
            }
        case .settled(let state):
            delivery.update = advance(edition.next(Snapshot(state, fleet: fleet)))
            verifiedAt = event.readAt
            delivery.verifiedAt = verifiedAt
        case .verified(let provenance):
            verifiedAt = event.readAt
            delivery.verifiedAt = verifiedAt
            if let provenance, provenance != edition.snapshot.provenance {
                delivery.update = advance(edition.found(in: provenance))
            }
        case .fleet(let finding):
            take(finding, &delivery)
        case .failed:
            break
        }
        // Nothing is answered before both have been looked at.
        if isFleetAwaited { delivery.verifiedAt = nil }
        delivery.satisfied = satisfied(event)
        return delivery
    }

    private mutating func take(_ finding: FleetFinding, _ delivery: inout Delivery) {
        let found: FleetRestraint
        switch finding {
        case .live(let header, let entries, let end):
            found = FleetRestraint(header, entries)
            delivery.fleet = .until(end)
        case .left(let end):
            found = FleetRestraint(.readable)
            delivery.fleet = .until(end)
        case .stopped(let condition, let header):
            found = FleetRestraint(condition, header)
            delivery.fleet = .unlimited
        case .failed:
            return
        }
        if isFleetAwaited {
            isFleetAwaited = false
            delivery.verifiedAt = verifiedAt
        }
        // The same restraints under another time are no news to anyone but the lease.
        if let fleet, fleet.isSame(as: found) { return }
        fleet = found
        delivery.update = advance(edition.next(edition.snapshot.under(found)))
    }

    /// The requests that have been satisfied by all that is read.
    private mutating func satisfied(_ event: SourceEvent) -> ReadRequest {
        if case .fleet = event.finding { satisfiedByFleet = event.satisfied } else { satisfied = event.satisfied }
        return fleet == nil ? satisfied : min(satisfied, satisfiedByFleet)
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
