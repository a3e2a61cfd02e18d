package import EmergencyStopCore

/// What is served, to whom, and what has been: the snapshot, who watches, who runs, and the last changes.
///
/// A value without a clock that does no I/O: times come as arguments, and what has to be done goes back as
/// ``Effects``. Nothing in it costs time that grows with the number of entries: what is to be known of many was worked
/// out when the ``Edition`` was made.
package struct Registry: ~Copyable, Sendable {
    /// What is answered. Once the source has been silent for longer than a lease, that everything is stale.
    package private(set) var served = Snapshot.unread
    /// The number of what is served, from 1; 0 before anything has settled.
    package private(set) var revision: UInt64 = 0
    /// The start of the last settled read, or of a read equal to it.
    package private(set) var verifiedAt: ContinuousClock.Instant?
    package internal(set) var history: History
    package let limits: Limits
    package let life: Life
    /// When this life of the sidecar began.
    package let startedAt: ContinuousClock.Instant
    /// How long what has settled may be served without being verified.
    package let lease: Duration
    /// Whether all runs can be known yet. Whoever has the loop says when it is at work.
    package var reentry: ReentryPeriod

    /// What the source says, whatever its age.
    private var sourced = Edition.none
    /// What is served comes from this one.
    private(set) var edition = Edition.none
    /// How much a revision is more than the number of its edition: two for each time that the lease lapsed.
    private(set) var offset: UInt64 = 0
    /// The revision of the last lapse.
    private(set) var lapse: UInt64 = 0
    /// Which lease that was of.
    private var lapseCause = StopCause.stale
    /// Whether everything is stopped because a lease has ended, or none has begun yet.
    private(set) var hasLapsed = true
    /// Until when what the fleet says may be served.
    private var fleetTerm = FleetTerm.unlimited
    /// The number of the edition that was served when it was over.
    private var resumedAt: UInt64 = 0
    /// The last revision with which everything changed at once: that of the last lapse, or of its end.
    var allChangedAt: UInt64 = 0
    /// The digest of the file that the history knows of.
    var recordedDigest: String?

    var subjects = Subjects()
    var allWatchers: Set<SessionID> = []
    var recent = RecentChanges()
    var runs = Runs()
    var syncs = Syncs()
    var quotas: Quotas
    var told: Told?
    /// The answers to `status` of what is served now.
    private var lines = StatusLineCache()

    package init(
        _ life: Life, startedAt: ContinuousClock.Instant, lease: Duration, limits: Limits
    ) {
        self.life = life
        self.startedAt = startedAt
        self.lease = lease
        self.limits = limits
        reentry = ReentryPeriod(lease: lease)
        history = History(limit: limits.history)
        quotas = Quotas(
            watches: limits.watchesPerUser, runs: limits.runsPerUser, syncs: limits.syncsPerUser
        )
    }
}

/// One life of the sidecar, as clients know it: revisions mean nothing in another.
package struct Life: Sendable {
    package let instance: RunID
    package let version: String

    package init(instance: RunID, version: String) {
        self.instance = instance
        self.version = version
    }
}

// MARK: - What the source says

extension Registry {
    /// Whether answers can be given: something has settled, or the lease has passed without.
    package func isOpen(at now: ContinuousClock.Instant) -> Bool {
        verifiedAt != nil || now >= startedAt + lease
    }

    /// When what is served may not be served any more if nothing more is heard of the source, and why not then: at the
    /// earlier of the two ends, the host's file's and the fleet's.
    private var end: (at: ContinuousClock.Instant, condition: SettledState.Condition)? {
        guard let verifiedAt else { return nil }
        if case .until(let end) = fleetTerm, end < verifiedAt + lease { return (end, .fleetStale(.tooOld)) }
        return (verifiedAt + lease, .stale)
    }

    /// When the time has to be noted, even if nothing else happens.
    package var lapseDue: ContinuousClock.Instant { end?.at ?? startedAt + lease }

    /// How much longer what is served may be served if nothing more is heard of the source.
    package func timeToLive(at now: ContinuousClock.Instant) -> Duration {
        guard let end, !hasLapsed else { return .zero }
        return max(.zero, end.at - now)
    }

    /// Takes note of the time, before anything else is done at that time: if the lease has run out, everything is
    /// stopped first, even if the source has come back meanwhile.
    package mutating func note(_ now: ContinuousClock.Instant, _ time: @autoclosure () -> Timestamp) -> Effects? {
        guard let end, now >= end.at, !hasLapsed else { return nil }
        hasLapsed = true
        lapseCause = end.condition.cause ?? .stale
        offset += 1
        defer { lapse = revision }
        return serve(edition, under: end.condition, time())
    }

    /// Applies what the source says.
    ///
    /// - Parameter fleet: Until when what the fleet says may be served, where that is news.
    package mutating func apply(
        _ update: SnapshotUpdate?, verifiedAt verified: ContinuousClock.Instant?, fleet: FleetTerm? = nil,
        satisfied: ReadRequest, at now: ContinuousClock.Instant, _ time: Timestamp
    ) -> [Effects] {
        var effects: [Effects] = []
        if let lapse = note(now, time) { effects.append(lapse) }
        if let verified { verifiedAt = max(verified, verifiedAt ?? verified) }
        if let fleet { fleetTerm = fleet }
        if let update { sourced = update.edition }
        if let end, now < end.at {
            if hasLapsed {
                hasLapsed = false
                if lapse > 0 {
                    offset += 1
                    resumedAt = sourced.number
                }
                effects.append(serve(sourced, under: nil, time))
            } else if let update {
                effects.append(serve(update, time))
            }
        }
        syncs.satisfy(satisfied)
        return effects
    }

    /// The next session whose read, one that it asked for, is settled and applied.
    package mutating func nextSynced() -> SessionID? {
        guard let (session, uid) = syncs.next() else { return nil }
        quotas.giveBack(.syncs, uid)
        return session
    }
}

// MARK: - Serving

extension Registry {
    /// Serves what the source says, as long as it is fresh.
    private mutating func serve(_ update: SnapshotUpdate, _ time: Timestamp) -> Effects {
        let before = advance(to: update.edition, update.edition.snapshot, update.names)
        var effects = Effects(since: before)
        findConcerned(update.names, &effects)
        for change in update.changes { record(change, time, &effects) }
        return effects
    }

    /// Serves an edition under another condition than before: the lapse of the lease, or its end.
    private mutating func serve(
        _ edition: Edition, under condition: SettledState.Condition?, _ time: Timestamp
    ) -> Effects {
        let old = served.condition
        let before = advance(to: edition, condition.map(edition.snapshot.under) ?? edition.snapshot, nil)
        allChangedAt = revision
        var effects = Effects(since: before, concernsAll: true)
        findConcerned(nil, &effects)
        recordCondition(from: old, time, &effects)
        return effects
    }

    /// Has all answers given from this on; gives the revision before.
    private mutating func advance(to edition: Edition, _ snapshot: Snapshot, _ names: [WorkflowName]?) -> UInt64 {
        let before = revision
        self.edition = edition
        served = snapshot
        lines.forget()
        revision = edition.number + offset
        recent.note(names, from: before, to: revision)
        return before
    }

    /// Finds the names that somebody watches and has to be told of.
    ///
    /// - Parameter names: Those whose reports may have changed, or `nil` where any may.
    private mutating func findConcerned(_ names: [WorkflowName]?, _ effects: inout Effects) {
        if let names, names.count < subjects.count {
            for name in names {
                if let place = subjects.place(of: name) { check(place, &effects) }
            }
        } else {
            for place in 0..<subjects.end { check(place, &effects) }
        }
    }

    private mutating func check(_ place: Int, _ effects: inout Effects) {
        guard let subject = subjects[place], !isUnchanged(subject, effects) else { return }
        let name = subject.name
        let report = served.report(for: name)
        // Also a stop that came and went is news.
        let isNews = report.status != .stop && lastStop(of: name).revision > effects.since
        let revision = revision
        var hasChanged = false
        subjects.change(at: place) { subject in
            guard isNews || subject.report != report else { return }
            subject.report = report
            subject.changedAt = revision
            hasChanged = !subject.watchers.isEmpty
        }
        guard hasChanged else { return }
        if report.status == .go { effects.released.append(place) } else { effects.restrained.append(place) }
    }
}

extension Registry {
    /// Whether a name's report is certain to be what it was, without a look at its words.
    private func isUnchanged(_ subject: Subject, _ effects: Effects) -> Bool {
        guard !effects.concernsAll, served.condition == .readable, !subject.name.isPattern else { return false }
        if let position = served.entries.position(ofName: subject.name) {
            return edition.changedAt(position) + offset <= effects.since
        }
        return subject.report.cause == .unlisted
    }
}

extension Registry {
    /// How many names are watched or run.
    package var subjectCount: Int { subjects.count }

    /// What there is in what the source said last.
    package var census: Census { edition.census }
}

// MARK: - Looking back

extension Registry {
    /// The last stop of a name that is not stopped now: its revision, and what was reported while it was.
    func lastStop(of name: WorkflowName) -> (revision: UInt64, report: StatusReport) {
        let stop = edition.lastStop(of: name)
        // Whatever was said before the end of a lapse, nothing went until then.
        guard stop.number >= resumedAt else {
            return (lapse, StatusReport(name: name.text, status: .stop, cause: lapseCause))
        }
        return (stop.number + offset, stop.report(of: name))
    }

    /// What a client that said hello is told of revisions with a report that is served now.
    package func revisions(of name: WorkflowName, _ status: WorkflowStatus) -> StatusLine.Revisions {
        StatusLine.Revisions(
            current: revision, stopped: status == .stop ? revision : lastStop(of: name).revision
        )
    }

    /// Writes the status line of a name in plain ASCII, without revisions; says whether it is such a name.
    mutating func writeStatus(ofPlainName name: Span<UInt8>, to writer: inout LineWriter) -> Bool {
        if lines.write(name, to: &writer) { return true }
        guard Request.isPlainName(name) else { return false }
        let start = writer.count
        StatusLine.write(name, in: served, nil, to: &writer)
        lines.note(writer.bytes.span.extracting(start..<writer.count), of: name)
        return true
    }

    /// Writes what someone has to be told of a name who knows everything up to a revision: what holds, and before it
    /// the stop that came and went meanwhile.
    func write(
        _ name: WorkflowName, since delivered: UInt64, withRevisions: Bool, to writer: inout LineWriter
    ) {
        let report = served.report(for: name)
        if report.status != .stop {
            let stop = lastStop(of: name)
            if stop.revision > delivered {
                StatusLine.write(
                    stop.report,
                    withRevisions ? StatusLine.Revisions(current: stop.revision, stopped: stop.revision) : nil,
                    to: &writer
                )
            }
        }
        StatusLine.write(report, withRevisions ? revisions(of: name, report.status) : nil, to: &writer)
    }
}

/// What has to be done when what is served has changed, in this order: first those are told who have to stop or to hold,
/// then those who may go, then it is written down.
package struct Effects: Sendable {
    /// Who knew everything up to this revision has to be told what came after it.
    package let since: UInt64
    /// Whether everything may be other than before, as when the lease has lapsed.
    let concernsAll: Bool
    /// The names that are not `go` now, by their places in the registry.
    package var restrained: [Int] = []
    /// The names that are `go` now.
    package var released: [Int] = []
    package var records: [History.Record] = []
    package var tallies: [Tally] = []

    init(since: UInt64, concernsAll: Bool = false) {
        self.since = since
        self.concernsAll = concernsAll
    }
}
