internal import EmergencyStop
internal import Resilience

/// The client's side of the protocol as a value: what happens goes in with its time, what is to be done comes out. It
/// reads no clock, holds no socket and calls nobody.
///
/// Three rules make it safe, whatever order things happen in:
/// - *A lapse comes first.* Whatever is handled, the leases that ended before it are ended before it, and what relied
///   on them is told `stop`, even if the event is the very answer that was waited for.
/// - *Only an answered ping extends a lease*, to a time counted from its sending, and only for names whose line came
///   on the same connection before the answer.
/// - *A restraint is told at once, a permission only with proof*: on a new connection nothing becomes more permissive
///   until the sidecar has answered a ping that was sent after it was asked for every name again.
struct ConnectionStateMachine {
    let settings: Settings
    var link = Link.idle
    private(set) var names: [WorkflowName: TrackedName] = [:]
    var runs = RunRegistrations()

    /// Names that the sidecar told of on this connection and has not proved itself alive for since.
    private var uncovered: Set<WorkflowName> = []
    /// Answers that may still come for a name that nobody wants any more: until the sidecar confirms, they are not
    /// mistaken for answers to a later question about the same name.
    private var unwatching: [WorkflowName: Int] = [:]
    /// Refused watches, and when to try again.
    private var refused: [WorkflowName: MonotonicInstant] = [:]
    /// No lease ends, and no first answer is due, before this.
    private var horizon = MonotonicInstant(nanoseconds: .max)
    /// Failed attempts since the last that succeeded.
    var failedAttempts = 0
    /// Why the sidecar cannot be heard, for those who are told that it cannot.
    var trouble: String
    /// What was noted last of why there is no connection.
    var noted: String?
    /// Set once the client stops running: by when it ends at the latest.
    var drainsUntil: MonotonicInstant?
    private var latest = MonotonicInstant(nanoseconds: .min)
    private var generator: any RandomNumberGenerator
    private var actions: [Action] = []

    init(
        _ settings: Settings,
        generator: any RandomNumberGenerator = SystemRandomNumberGenerator()
    ) {
        self.settings = settings
        self.generator = generator
        trouble = Self.absence(at: settings.address)
    }

    /// Handles what happened, and says what to do about it.
    mutating func handle(_ event: Event, at now: MonotonicInstant) -> [Action] {
        // Monotonic clocks do not go back; were one to, no lease would come to life again by it.
        let now = max(now, latest)
        latest = now
        lapse(at: now)
        switch event {
        case .start: if case .idle = link { connect() }
        case .shutDown: shutDown(at: now)
        case .wake: break
        case .attemptRejected(let retryAfter):
            if case .connecting = link { wait(atLeast: retryAfter, from: now) }
        case .connected(let peer): connected(to: peer, at: now)
        case .connectFailed(let failure): connectFailed(failure, at: now)
        case .received(let line): received(line, at: now)
        case .receivedGarbage(let what): fail("the sidecar at \(settings.address) \(what)", at: now)
        case .closed: closed(at: now)
        case .watch(let name, let answerBy): watch(name, answerBy: answerBy, at: now)
        case .forget(let name): forget(name)
        case .enter(let run, let name): enter(run, name, at: now)
        case .leave(let run): leave(run)
        case .lapseSeen(let name): lapseSeen(name, at: now)
        }
        keepTime(at: now)
        defer { actions = [] }
        return actions
    }

    /// When to be woken if nothing happens before, or `nil` for never.
    var nextWake: MonotonicInstant? {
        guard !isEnded else { return nil }
        let linkWake: MonotonicInstant? =
            switch link {
            case .waiting(let until): until
            case .open(let open): open.nextPing
            case .idle, .connecting, .ended: nil
            }
        // While it drains, no lease matters any more.
        let leaseWake = horizon.nanoseconds == .max ? nil : horizon
        return [linkWake, drainsUntil ?? leaseWake].compactMap { $0 }.min()
    }

    /// What holds for a name: what was told last, unless its lease has ended; `nil` while the first answer is owed.
    func inForce(_ name: WorkflowName, at now: MonotonicInstant) -> StatusReport? {
        guard let tracked = names[name], let told = tracked.told else { return nil }
        return told.status == .stop || tracked.lease.covers(now) ? told : unreachable(name)
    }

    static func absence(at address: String) -> String {
        "no sidecar at \(address): is estopd running?"
    }

    var isEnded: Bool { if case .ended = link { true } else { false } }

    mutating func perform(_ action: Action) {
        actions.append(action)
    }

    mutating func backoffDelay() -> Duration {
        settings.backoff.delay(attempt: failedAttempts, using: &generator)
    }

    func unreachable(_ name: WorkflowName, _ reason: String? = nil) -> StatusReport {
        StatusReport(name: name.text, status: .stop, cause: .unreachable, reason: reason ?? trouble)
    }
}

// MARK: - Names

extension ConnectionStateMachine {
    private mutating func watch(_ name: WorkflowName, answerBy: MonotonicInstant, at now: MonotonicInstant) {
        guard names[name] == nil else { return }
        names[name] = TrackedName(answerBy: answerBy)
        if drainsUntil != nil { return tellNotRunning(name) }
        horizon = min(horizon, answerBy)
        guard case .open = link else { return }
        perform(.send(.watch(name)))
        question(at: now)
    }

    private mutating func forget(_ name: WorkflowName) {
        guard names.removeValue(forKey: name) != nil else { return }
        uncovered.remove(name)
        refused[name] = nil
        guard case .open = link else { return }
        unwatching[name, default: 0] += 1
        perform(.send(.unwatch(name)))
    }

    mutating func unwatched(_ name: WorkflowName) {
        guard let count = unwatching[name] else { return }
        unwatching[name] = count > 1 ? count - 1 : nil
    }

    mutating func received(_ status: ServerLine.Status, from instance: String?, at now: MonotonicInstant) {
        let name = status.name
        guard unwatching[name] == nil, names[name] != nil, drainsUntil == nil else { return }
        var status = status
        if name.isPattern, status.report.status == .go {
            // A pattern restrains and allows nothing, whoever says so.
            status.report.status = .stop
            status.report.cause = .unlisted
        }
        refused[name] = nil
        let hasMissedStop = names[name]?.accept(status, instance: instance) ?? false
        if names[name]?.isCovered == false { uncovered.insert(name) }
        if hasMissedStop, let told = names[name]?.told, told.status != .stop {
            perform(.note(.missedStop(name)))
            tell(name, unreachable(name, "a stop came and went while the sidecar could not be heard"))
        }
        settle(name, at: now)
    }

    /// Tells what is new of a name.
    private mutating func settle(_ name: WorkflowName, at now: MonotonicInstant) {
        if let report = names[name]?.news(at: now) { tell(name, report) }
    }

    private mutating func tell(_ name: WorkflowName, _ report: StatusReport) {
        guard let tracked = names[name] else { return }
        names[name]?.told = report
        perform(.tell(name, report, until: tracked.lease.end))
    }

    /// The sidecar was alive when it answered a ping.
    mutating func extend(to end: MonotonicInstant, uncoveredOnly: Bool, at now: MonotonicInstant) {
        guard drainsUntil == nil else { return }
        var extended: [WorkflowName] = []
        for name in uncoveredOnly ? Array(uncovered) : Array(names.keys) {
            guard let before = names[name], before.isCurrent else { continue }
            names[name]?.extend(to: end)
            uncovered.remove(name)
            if let report = names[name]?.news(at: now) {
                tell(name, report)
            } else if names[name]?.lease != before.lease {
                extended.append(name)
            }
        }
        if !extended.isEmpty { perform(.extend(extended, until: end)) }
        if uncoveredOnly { horizon = min(horizon, end) } else { findHorizon() }
    }

    /// The sidecar will not tell of a name: what it said before must not live on.
    mutating func refuse(_ name: WorkflowName, _ expected: String, at now: MonotonicInstant) {
        guard names[name] != nil, drainsUntil == nil else { return }
        names[name]?.refuse()
        uncovered.remove(name)
        refused[name] = now.advanced(by: settings.refusalPause)
        let report = unreachable(name, "the sidecar does not tell of this name: it expected \(expected)")
        if names[name]?.told != report { tell(name, report) }
    }

    /// Asks again for what was refused, where it was long enough ago.
    mutating func retryRefused(at now: MonotonicInstant) {
        for (name, time) in refused where time <= now {
            refused[name] = now.advanced(by: settings.refusalPause)
            perform(.send(.watch(name)))
        }
    }

    /// The connection is gone: names keep what is known of them until their leases end.
    mutating func disconnectNames() {
        for name in names.keys { names[name]?.disconnect() }
        uncovered = []
        unwatching = [:]
        refused = [:]
    }

    /// How long something other than a stop is still believed.
    func leaseLeft(at now: MonotonicInstant) -> Duration? {
        let ends = names.values.filter { $0.told.map { $0.status != .stop } ?? false }.map(\.lease.end)
        return ends.max().flatMap { $0 > now ? now.duration(to: $0) : nil }
    }

    mutating func tellNotRunning(_ name: WorkflowName) {
        let reason = "the client has stopped running"
        tell(name, StatusReport(name: name.text, status: .stop, cause: .notRunning, reason: reason))
    }
}

// MARK: - Time

extension ConnectionStateMachine {
    /// Ends what ended before now.
    private mutating func lapse(at now: MonotonicInstant) {
        guard now >= horizon else { return }
        var lapsed = 0
        for (name, tracked) in names where drainsUntil == nil {
            let owesAnswer = tracked.told == nil
            guard tracked.hasLapsed(at: now) || (owesAnswer && tracked.answerBy <= now) else { continue }
            if tracked.hasLapsed(at: now) {
                lapsed += 1
                names[name]?.lapse()
                if tracked.isCurrent { uncovered.insert(name) }
            }
            let report = unreachable(name, isConnected ? "the sidecar at \(settings.address) has fallen silent" : nil)
            if tracked.told != report { tell(name, report) }
        }
        if lapsed > 0 { perform(.note(.lapsed(names: lapsed))) }
        findHorizon()
    }

    /// A reader has acted on a lapse that its clock showed, so it is told to all, and only then what holds now.
    private mutating func lapseSeen(_ name: WorkflowName, at now: MonotonicInstant) {
        guard let tracked = names[name], let told = tracked.told, told.status != .stop, drainsUntil == nil else {
            return
        }
        perform(.note(.lapsed(names: 1)))
        tell(name, unreachable(name, "the sidecar at \(settings.address) has fallen silent"))
        settle(name, at: now)
    }

    private mutating func findHorizon() {
        horizon = MonotonicInstant(nanoseconds: .max)
        guard drainsUntil == nil else { return }
        for tracked in names.values {
            if tracked.lease != .none { horizon = min(horizon, tracked.lease.end) }
            if tracked.told == nil { horizon = min(horizon, tracked.answerBy) }
        }
    }

    private var isConnected: Bool { if case .open = link { true } else { false } }
}
