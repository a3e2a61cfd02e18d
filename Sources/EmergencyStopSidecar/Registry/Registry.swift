package import EmergencyStop

/// What is served, to whom, and what has been: the snapshot, who watches, who runs, and the last changes.
///
/// It belongs to one event loop and is not thread-safe. It has no clock and does no I/O: times come as arguments,
/// and what is to be sent goes to ``Watcher``.
package final class Registry {
    /// What is answered. Once the source has been silent for longer than the lease, that everything is stale.
    package private(set) var served = Snapshot.unread
    /// The number of the snapshot, from 1; 0 before anything has settled.
    package private(set) var revision: UInt64 = 0
    /// The start of the last settled read, or of a read equal to it.
    package private(set) var verifiedAt: ContinuousClock.Instant?
    package private(set) var history: History
    /// When this life of the sidecar began.
    package let startedAt: ContinuousClock.Instant
    /// How long what has settled may be served without being verified.
    package let lease: Duration
    /// Whether all runs can be known yet. Whoever has the event loop says when it is at work.
    package var reentry: ReentryPeriod

    package weak var observer: (any RegistryObserver)?

    /// What the source says, whatever its age.
    private var sourced = Snapshot.unread
    /// The digest of the file that the history knows of.
    private var recordedDigest: String?
    private var lastStops: [WorkflowName: Stop] = [:]
    /// The last time that everything was stopped.
    private var lastStopOfAll = Stop(revision: 0, report: nil)
    /// The entries by status, as counted when somebody last asked.
    private var counted: (revision: UInt64, counts: [WorkflowStatus: Int])?
    private var syncs: [(request: ReadRequest, watcher: any Watcher)] = []

    var subjects: [WorkflowName: Subject] = [:]
    var allWatches: [AllWatch] = []
    var ledger = ChangeLedger()
    var told: Told?
    var runs: [RunID: Run] = [:]
    let processes: any ProcessObserver

    /// A stop that was, and what was reported while it was.
    struct Stop {
        var revision: UInt64
        /// What was reported of this one name, or `nil` where everything was stopped.
        var report: StatusReport?
        var condition = SettledState.Condition.stale
    }

    package init(
        startedAt: ContinuousClock.Instant, lease: Duration, historyLimit: Int, processes: any ProcessObserver
    ) {
        self.startedAt = startedAt
        self.lease = lease
        reentry = ReentryPeriod(lease: lease)
        self.history = History(limit: historyLimit)
        self.processes = processes
    }
}

/// Who records what the registry sees happen, in log and metrics.
package protocol RegistryObserver: AnyObject {
    func recorded(_ record: History.Record)
    func changed(to status: WorkflowStatus, _ cause: StopCause, names: Int)
}

// MARK: - What the source says

extension Registry {
    /// Whether answers can be given: something has settled, or the lease has passed without.
    package func isOpen(at now: ContinuousClock.Instant) -> Bool {
        verifiedAt != nil || now >= startedAt + lease
    }

    /// How much longer what is served may be served if nothing more is heard of the source.
    package func timeToLive(at now: ContinuousClock.Instant) -> Duration {
        guard let verifiedAt, served.condition != .stale else { return .zero }
        return max(.zero, verifiedAt + lease - now)
    }

    /// Takes note of the time, before anything else is done at that time: if the lease has run out, everything is
    /// stopped first, even if the source has come back meanwhile.
    package func note(_ now: ContinuousClock.Instant, _ time: @autoclosure () -> Timestamp) {
        guard let verifiedAt, now >= verifiedAt + lease, served.condition != .stale else { return }
        serve(served.under(.stale), changed: nil, time())
    }

    /// Applies what the source says.
    package func apply(
        _ update: SnapshotUpdate?, verifiedAt verified: ContinuousClock.Instant?, satisfied: ReadRequest,
        at now: ContinuousClock.Instant, _ time: Timestamp
    ) {
        note(now, time)
        if let verified { verifiedAt = max(verified, verifiedAt ?? verified) }
        if let update { sourced = update.snapshot }
        let isFresh = verifiedAt.map { now < $0 + lease } ?? false
        if isFresh {
            if served.condition == .stale {
                serve(sourced, changed: nil, time)
            } else if let update {
                if let condition = update.interimCondition { serve(served.under(condition), changed: nil, time) }
                serve(update.snapshot, changed: update.changed, passing: update.interim, time)
            }
        }
        let answered = syncs.prefix { $0.request <= satisfied }
        syncs.removeFirst(answered.count)
        for sync in answered { sync.watcher.synced(revision: revision) }
    }

    /// Remembers who waits for a read.
    package func await(_ request: ReadRequest, _ watcher: any Watcher) {
        syncs.append((request, watcher))
    }

    func forgetSyncs(of watcher: any Watcher) {
        syncs.removeAll { $0.watcher === watcher }
    }
}

// MARK: - Serving

extension Registry {
    /// Serves a snapshot from now on, and tells everyone whom that concerns: those who have to stop first.
    ///
    /// - Parameters:
    ///   - changed: The names whose reports may differ, or `nil` where any may.
    ///   - stops: Stops that lie between what was served and this.
    private func serve(
        _ snapshot: Snapshot, changed: [WorkflowName]?, passing stops: [StatusReport] = [], _ time: Timestamp
    ) {
        let old = served
        let before = revision
        let changed = changed ?? SnapshotUpdate(from: old, to: snapshot).changed
        var passed: [WorkflowName: StatusReport] = [:]
        if !stops.isEmpty {
            revision += 1
            for stop in stops {
                let name = WorkflowName(validated: stop.name)
                passed[name] = stop
                lastStops[name] = Stop(revision: revision, report: stop)
            }
        }
        served = snapshot
        revision += 1
        if old.condition.cause != nil {
            lastStopOfAll = Stop(revision: before, report: nil, condition: old.condition)
        }
        tellWatchers(changed, passed, everything: old.condition != snapshot.condition, old, before)
        for name in changed { noteStops(of: name, old, before) }
        tellAllWatchers(changed, passed)
        record(changed, passed, old, time)
    }

    private func tellWatchers(
        _ changed: [WorkflowName], _ passed: [WorkflowName: StatusReport], everything: Bool, _ old: Snapshot,
        _ before: UInt64
    ) {
        var concerned: [Subject] = []
        if everything || changed.count > subjects.count {
            for subject in subjects.values { concerned.append(subject) }
        } else {
            for name in changed {
                if let subject = subjects[name] { concerned.append(subject) }
            }
        }
        var released: [Subject] = []
        for subject in concerned {
            // Who is not behind has known all this while how things stood, revisions that changed nothing included.
            for watch in subject.watches where !watch.isBehind { watch.delivered = before }
            let isNews = passed[subject.name] != nil
            guard subject.update(served.report(for: subject.name), at: revision, isNews: isNews) else { continue }
            if subject.report.status == .go {
                released.append(subject)
            } else {
                tellWatchers(of: subject, old, before)
            }
        }
        for subject in released { tellWatchers(of: subject, old, before) }
    }

    private func tellWatchers(of subject: Subject, _ old: Snapshot, _ before: UInt64) {
        noteStops(of: subject.name, old, before)
        for watch in subject.watches { watch.watcher.watchChanged(watch) }
    }

    private func tellAllWatchers(_ changed: [WorkflowName], _ passed: [WorkflowName: StatusReport]) {
        guard !allWatches.isEmpty else { return }
        for name in changed { ledger.record(name, at: revision) }
        for name in passed.keys { ledger.record(name, at: revision) }
        for watch in allWatches { watch.watcher.entriesChanged() }
        clearLedger()
    }

    /// Remembers the stop that a name leaves, for those who will not have been told of it.
    ///
    /// - Parameter before: The revision of the old snapshot: whoever knows that one knows of the stop.
    private func noteStops(of name: WorkflowName, _ old: Snapshot, _ before: UInt64) {
        guard served.status(of: name) != .stop else {
            lastStops[name] = nil
            return
        }
        // Where everything was stopped, that is remembered once for all.
        guard old.condition.cause == nil, old.status(of: name) == .stop else { return }
        // A stop that passed between the two is later.
        if let known = lastStops[name], known.revision > before { return }
        lastStops[name] = Stop(revision: before, report: old.report(for: name))
    }

    private func record(
        _ changed: [WorkflowName], _ passed: [WorkflowName: StatusReport], _ old: Snapshot, _ time: Timestamp
    ) {
        func append(_ subject: History.Record.Subject, at revision: UInt64) {
            let record = History.Record(
                subject: subject, revision: revision, time: time,
                // What was shown and has not settled is in no file that could be named yet.
                provenance: served.restraints.count == 0 ? served.provenance : nil
            )
            history.append(record)
            observer?.recorded(record)
        }
        // Also where the file became another without a name's status changing: a stop is recorded when it is first
        // shown, and only what has settled can be named by its digest.
        let isOther = served.restraints.count == 0 && served.provenance?.sha256 != recordedDigest
        if isOther { recordedDigest = served.provenance?.sha256 }
        if isOther || old.condition != served.condition {
            append(.condition(old: old.condition, new: served.condition), at: revision)
        }
        var details = 0
        var tally: [WorkflowStatus: [StopCause: Int]] = [:]
        func note(_ name: WorkflowName, from before: StatusReport, to report: StatusReport, at revision: UInt64) {
            // What others do to what a pattern matches is no change of the pattern, and its release stops nobody.
            if let restrains = report.restrains, restrains == before.restrains,
                [.pattern, .unlisted].contains(report.cause)
            {
                return
            }
            if report.restrains != .go { tally[report.status, default: [:]][report.cause, default: 0] += 1 }
            // What the condition did is said once. What it leaves behind when it is over is said of each name, but
            // for the very first read: nothing has changed then.
            guard served.condition.cause == nil, self.revision > 1,
                old.condition.cause == nil || report.status != .stop
            else { return }
            details += 1
            if details <= History.detailLimit {
                append(.name(name, old: before, new: report), at: revision)
            }
        }
        for (name, stop) in passed { note(name, from: old.report(for: name), to: stop, at: revision - 1) }
        for name in changed where passed[name] == nil {
            let report = served.report(for: name)
            let before = old.report(for: name)
            if report != before { note(name, from: before, to: report, at: revision) }
        }
        for (name, stop) in passed { note(name, from: stop, to: served.report(for: name), at: revision) }
        if details > History.detailLimit { append(.more(details - History.detailLimit), at: revision) }
        for (status, causes) in tally {
            for (cause, names) in causes { observer?.changed(to: status, cause, names: names) }
        }
    }

    /// The last stop of a name that is not stopped now.
    private func lastStop(of name: WorkflowName) -> Stop {
        guard let stop = lastStops[name], stop.revision > lastStopOfAll.revision else { return lastStopOfAll }
        return stop
    }

    /// How many entries have which status of their own.
    package var entryCounts: [WorkflowStatus: Int] {
        if counted?.revision != revision {
            let counts = (0..<served.entries.count).reduce(into: [:]) {
                $0[served.entries.status(at: $1), default: 0] += 1
            }
            counted = (revision, counts)
        }
        return counted?.counts ?? [:]
    }

    /// What a client that said hello is told of revisions with a report that is served now.
    package func revisions(of name: WorkflowName, _ status: WorkflowStatus) -> StatusLine.Revisions {
        StatusLine.Revisions(
            current: revision, stopped: status == .stop ? revision : lastStop(of: name).revision
        )
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
                let missed =
                    stop.report
                    ?? StatusReport(
                        name: name.text, status: .stop, cause: stop.condition.cause ?? .stale,
                        reason: stop.condition.detail
                    )
                StatusLine.write(
                    missed,
                    withRevisions ? StatusLine.Revisions(current: stop.revision, stopped: stop.revision) : nil,
                    to: &writer
                )
            }
        }
        StatusLine.write(report, withRevisions ? revisions(of: name, report.status) : nil, to: &writer)
    }
}
