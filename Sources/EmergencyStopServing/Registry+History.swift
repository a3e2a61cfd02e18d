internal import EmergencyStopCore

extension Registry {
    /// Writes down one change of what the source says.
    mutating func record(_ change: EditionChange, _ time: Timestamp, _ effects: inout Effects) {
        // Also where the file became another without a name's status changing: a stop is recorded when it is first
        // shown, and only what has settled can be named by its digest.
        let isOther = change.isSettled && change.provenance?.sha256 != recordedDigest
        if isOther { recordedDigest = change.provenance?.sha256 }
        var subjects: [History.Record.Subject] = []
        if isOther || change.conditions.old != change.conditions.new {
            subjects.append(.condition(old: change.conditions.old, new: change.conditions.new))
        }
        append(subjects, at: revision, time, change.provenance, &effects)
        for detail in change.details {
            // A stop that is over by now is told at the revision at which it last held.
            let isOver = detail.new.status == .stop && served.status(of: detail.name) != .stop
            append(
                [.name(detail.name, old: detail.old, new: detail.new)],
                at: isOver ? lastStop(of: detail.name).revision : revision, time, change.provenance, &effects,
                fleet: change.fleet
            )
        }
        if change.more > 0 {
            append([.more(change.more)], at: revision, time, change.provenance, &effects, fleet: change.fleet)
        }
        effects.tallies.append(change.tally)
    }

    /// Writes down that the lease has lapsed, or that this is over.
    mutating func recordCondition(from old: SettledState.Condition, _ time: Timestamp, _ effects: inout Effects) {
        let isSettled = served.restraints.count == 0
        if isSettled { recordedDigest = served.provenance?.sha256 }
        // What a source says that a lease has said already is no news.
        guard old != served.condition else { return }
        var subjects = [History.Record.Subject.condition(old: old, new: served.condition)]
        if hasLapsed {
            var tally = Tally()
            tally.add(.stop, served.condition.cause ?? .stale, count: served.entries.count)
            effects.tallies.append(tally)
        } else {
            let census = edition.census
            effects.tallies.append(census.tally)
            // What the lapse leaves behind is said of each name, but for the very first read: nothing has changed then.
            if served.condition.cause == nil, lapse > 0 {
                for name in census.firstUnstopped {
                    let report = served.report(for: name)
                    var stale = StatusReport(name: name.text, status: .stop, cause: old.cause ?? .stale)
                    stale.restrains = report.restrains
                    subjects.append(.name(name, old: stale, new: report))
                }
                let more = census.unstopped - census.firstUnstopped.count
                if more > 0 { subjects.append(.more(more)) }
            }
        }
        append(subjects, at: revision, time, isSettled ? served.provenance : nil, &effects)
    }

    private mutating func append(
        _ subjects: [History.Record.Subject], at revision: UInt64, _ time: Timestamp, _ provenance: Provenance?,
        _ effects: inout Effects, fleet: FleetHeader? = nil
    ) {
        for subject in subjects {
            let record = History.Record(
                subject: subject, revision: revision, time: time, provenance: fleet == nil ? provenance : nil,
                fleet: fleet
            )
            history.append(record)
            effects.records.append(record)
        }
    }
}
