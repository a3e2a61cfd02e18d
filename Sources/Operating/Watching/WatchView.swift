internal import EmergencyStop
internal import EmergencyStopCore

/// What `watch` knows: status lines and time in, rows and changes out.
///
/// It never goes on showing `go` for what it does not know: without a sign of life within the lease, everything is a
/// stop.
struct WatchView {
    /// How long a sign of life is believed, as by the client library.
    static let lease = Duration.seconds(10)
    /// How long a change is marked.
    static let freshness = Duration.seconds(5)

    /// One name as it is shown.
    struct Row: Hashable {
        var report: StatusReport
        /// Whether it was heard, or decided for want of it; else nothing is known yet.
        var isTold = true
        var changedAt: ContinuousClock.Instant?

        func isFresh(at now: ContinuousClock.Instant) -> Bool { changedAt.map { now - $0 < freshness } ?? false }
    }

    /// The names that have a row in any case.
    private let names: Set<WorkflowName>
    /// Whether entries of other names are followed: then what holds for every name has a row while it does.
    private let followsAll: Bool
    private var rows: [WorkflowName: Row] = [:]
    private var aliveUntil: ContinuousClock.Instant
    private(set) var isReachable = true

    init(names: [WorkflowName], followsAll: Bool, now: ContinuousClock.Instant) {
        self.names = Set(names)
        self.followsAll = followsAll
        aliveUntil = now + Self.lease
        for name in names { rows[name] = Row(report: Self.unreachable(name), isTold: false) }
    }

    /// Takes a status line; gives the report where it differs from the one before.
    mutating func note(_ status: ServerLine.Status, at now: ContinuousClock.Instant) -> StatusReport? {
        let known = rows[status.name]
        if status.name == .everything, status.report.isWithoutEntry {
            // What held for everything is over.
            rows[status.name] = nil
            return known == nil ? nil : status.report
        }
        guard known?.report != status.report || known?.isTold == false else { return nil }
        rows[status.name] = Row(report: status.report, changedAt: known?.isTold == true ? now : nil)
        return status.report
    }

    /// An answer to a ping that was sent at this time.
    mutating func noteAlive(pingSentAt sent: ContinuousClock.Instant) {
        aliveUntil = max(aliveUntil, sent + Self.lease)
        isReachable = true
    }

    /// Entries that are gone are not told of one by one: after a new look they are those that were not named in it.
    mutating func keep(only seen: Set<WorkflowName>) {
        rows = rows.filter { name, row in
            seen.contains(name) || names.contains(name) || name == .everything && row.report.isOfEveryName
        }
    }

    /// Has everything stop once nothing is known any more; gives the reports that changed by it.
    mutating func lapse(at now: ContinuousClock.Instant) -> [StatusReport] {
        guard now >= aliveUntil, isReachable else { return [] }
        isReachable = false
        return Set(rows.keys).union(followsAll ? [.everything] : []).sorted().compactMap { name in
            note(ServerLine.Status(name: name, report: Self.unreachable(name)), at: now)
        }
    }

    /// The rows, what is restrained most first, then by name.
    var sorted: [Row] {
        rows.sorted { ($0.value.report.restraint, $0.key) < ($1.value.report.restraint, $1.key) }.map(\.value)
    }

    private static func unreachable(_ name: WorkflowName) -> StatusReport {
        StatusReport(name: name.text, status: .stop, cause: .unreachable)
    }
}
