internal import EmergencyStopCore

/// All that a client knows of the names it watches, and when something about them is due.
///
/// It says what is news; what is said to whom is the machine's business.
struct TrackedNames: Sendable {
    private var names: [WorkflowName: TrackedName] = [:]
    /// Names that the sidecar told of on this connection and has not proved itself alive for since.
    private var uncovered: Set<WorkflowName> = []
    /// Answers that may still come for a name that nobody wants any more: until the sidecar confirms, they are not
    /// mistaken for answers to a later question about the same name.
    private var unwatching: [WorkflowName: Int] = [:]
    /// Refused watches, and when to try again.
    private var refused: [WorkflowName: MonotonicInstant] = [:]
    /// No lease ends, and no first answer is due, before this.
    private(set) var horizon = Self.never

    private static let never = MonotonicInstant(nanoseconds: .max)

    /// A name and what its readers are to be told.
    typealias News = (name: WorkflowName, report: StatusReport)

    var all: some Collection<WorkflowName> { names.keys }

    subscript(name: WorkflowName) -> TrackedName? { names[name] }

    /// When to look whether something has ended; `nil` for never.
    var nextLook: MonotonicInstant? { horizon == Self.never ? nil : horizon }

    /// How long something other than a stop is still believed.
    func leaseLeft(at now: MonotonicInstant) -> Duration? {
        let ends = names.values.filter { $0.told.map { $0.status != .stop } ?? false }.map(\.lease.end)
        return ends.max().flatMap { $0 > now ? now.duration(to: $0) : nil }
    }

    // MARK: Who is watched

    /// Begins to watch a name; says whether it was not watched before.
    mutating func add(_ name: WorkflowName, answerBy: MonotonicInstant) -> Bool {
        guard names[name] == nil else { return false }
        names[name] = TrackedName(answerBy: answerBy)
        horizon = min(horizon, answerBy)
        return true
    }

    /// Ends the watch of a name; says whether there was one.
    mutating func remove(_ name: WorkflowName) -> Bool {
        guard names.removeValue(forKey: name) != nil else { return false }
        uncovered.remove(name)
        refused[name] = nil
        return true
    }

    /// The sidecar was asked to tell no more of a name.
    mutating func unwatch(_ name: WorkflowName) {
        unwatching[name, default: 0] += 1
    }

    /// The sidecar has confirmed that it tells no more of a name.
    mutating func unwatched(_ name: WorkflowName) {
        guard let count = unwatching[name] else { return }
        unwatching[name] = count > 1 ? count - 1 : nil
    }

    // MARK: What is heard

    /// Takes in what the sidecar says.
    ///
    /// - Returns: Whether a stop came and went since the last line without having been heard of; `nil` where the line
    ///   is for nobody.
    mutating func accept(_ status: ServerLine.Status, instance: String?) -> Bool? {
        let name = status.name
        guard unwatching[name] == nil, var tracked = names[name] else { return nil }
        refused[name] = nil
        let hasMissedStop = tracked.accept(status, instance: instance)
        if !tracked.isCovered { uncovered.insert(name) }
        names[name] = tracked
        return hasMissedStop
    }

    /// What readers of a name should be told instead of what they were told, if anything.
    func news(of name: WorkflowName, at now: MonotonicInstant) -> StatusReport? { names[name]?.news(at: now) }

    /// Readers are told this.
    ///
    /// - Returns: Until when it is believed; `nil` where nobody watches.
    mutating func tell(_ name: WorkflowName, _ report: StatusReport) -> MonotonicInstant? {
        names[name]?.told = report
        return names[name]?.lease.end
    }

    /// The sidecar was alive when it answered a ping.
    ///
    /// - Returns: What is news by that, and the names of which only the lease is another.
    mutating func extend(
        to end: MonotonicInstant, uncoveredOnly: Bool, at now: MonotonicInstant
    ) -> (news: [News], extended: [WorkflowName]) {
        var news: [News] = []
        var extended: [WorkflowName] = []
        for name in uncoveredOnly ? Array(uncovered) : Array(names.keys) {
            guard var tracked = names[name], tracked.isCurrent else { continue }
            let before = tracked.lease
            tracked.extend(to: end)
            uncovered.remove(name)
            names[name] = tracked
            if let report = tracked.news(at: now) {
                news.append((name, report))
            } else if tracked.lease != before {
                extended.append(name)
            }
        }
        if uncoveredOnly { horizon = min(horizon, end) } else { findHorizon() }
        return (news, extended)
    }

    /// The sidecar will not tell of a name: what it said before must not live on.
    mutating func refuse(_ name: WorkflowName, until retry: MonotonicInstant) {
        names[name]?.refuse()
        uncovered.remove(name)
        refused[name] = retry
    }

    /// The names that were refused long enough ago to be asked for again; from now on they wait anew.
    mutating func dueAgain(at now: MonotonicInstant, pause: Duration) -> [WorkflowName] {
        let due = refused.filter { $0.value <= now }.map(\.key)
        for name in due { refused[name] = now.advanced(by: pause) }
        return due
    }

    /// The connection is gone: names keep what is known of them until their leases end.
    mutating func disconnect() {
        for name in names.keys { names[name]?.disconnect() }
        uncovered = []
        unwatching = [:]
        refused = [:]
    }

    // MARK: What ends

    /// Ends what ended before now.
    ///
    /// - Parameter isEarly: Whether to end what has not ended yet as well.
    /// - Returns: How many leases have ended, and the names that nothing but a stop holds for any more.
    mutating func lapse(at now: MonotonicInstant, isEarly: Bool = false) -> (leases: Int, names: [WorkflowName]) {
        var leases = 0
        var ended: [WorkflowName] = []
        for (name, tracked) in names {
            if tracked.lease != .none, isEarly || !tracked.lease.covers(now) {
                leases += 1
                names[name]?.lapse()
                if tracked.isCurrent { uncovered.insert(name) }
            } else if tracked.told != nil || !(isEarly || tracked.answerBy <= now) {
                continue
            }
            ended.append(name)
        }
        findHorizon()
        return (leases, ended)
    }

    private mutating func findHorizon() {
        horizon = Self.never
        for tracked in names.values {
            if tracked.lease != .none { horizon = min(horizon, tracked.lease.end) }
            if tracked.told == nil { horizon = min(horizon, tracked.answerBy) }
        }
    }
}
