internal import EmergencyStopCore
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
    var names = TrackedNames()
    var runs = RunRegistrations()
    /// Failed attempts since the last that succeeded.
    var failedAttempts = 0
    /// Why the sidecar cannot be heard, for those who are told that it cannot.
    var trouble: String
    /// What was noted last of why there is no connection.
    var noted: String?
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
        switch link {
        case .draining, .ended:
            handleAtTheEnd(event)
        case .idle, .waiting, .connecting, .open:
            if now >= names.horizon { lapse(at: now) }
            handleWhileRunning(event, at: now)
        }
        keepTime(at: now)
        defer { actions = [] }
        return actions
    }

    private mutating func handleWhileRunning(_ event: Event, at now: MonotonicInstant) {
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
        case .leasesEnd: lapse(at: now, isEarly: true)
        case .catchUp(let id): catchUp(id, at: now)
        }
    }

    /// After `shutDown` everything is `stop` for good. What is left to do is to tell the sidecar which runs end.
    private mutating func handleAtTheEnd(_ event: Event) {
        switch event {
        case .watch(let name, let answerBy):
            if names.add(name, answerBy: answerBy) { tellNotRunning(name) }
        case .forget(let name): _ = names.remove(name)
        case .leave(let run): leave(run)
        case .received(.left(let name, let run)): left(name, run)
        case .received(.error(let refusal)) where refusal.verb == "leave":
            if let name = refusal.name { runs.left(allOf: name) }
        case .closed, .receivedGarbage: if case .draining = link { end() }
        case .catchUp(let id): perform(.caughtUp(id))
        default: break
        }
    }

    /// When to be woken if nothing happens before, or `nil` for never.
    var nextWake: MonotonicInstant? {
        switch link {
        case .ended: nil
        case .draining(let until): until
        case .waiting(let until): min(until, names.horizon)
        case .open(let open): min(open.nextPing, names.horizon)
        case .idle, .connecting: names.nextLook
        }
    }

    /// What holds for a name: what was told last, unless its lease has ended; `nil` while the first answer is owed.
    func inForce(_ name: WorkflowName, at now: MonotonicInstant) -> StatusReport? {
        guard let tracked = names[name], let told = tracked.told else { return nil }
        return told.status == .stop || tracked.lease.covers(now) ? told : unreachable(name)
    }

    static func absence(at address: String) -> String {
        "no sidecar at \(address): is estopd running?"
    }

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
        guard names.add(name, answerBy: answerBy), case .open = link else { return }
        perform(.send(.watch(name)))
        question(at: now)
    }

    private mutating func forget(_ name: WorkflowName) {
        guard names.remove(name), case .open = link else { return }
        names.unwatch(name)
        perform(.send(.unwatch(name)))
    }

    mutating func received(_ status: ServerLine.Status, from instance: String?, at now: MonotonicInstant) {
        let name = status.name
        guard let hasMissedStop = names.accept(status, instance: instance) else { return }
        if hasMissedStop, let told = names[name]?.told, told.status != .stop {
            perform(.note(.missedStop(name)))
            tell(name, unreachable(name, "a stop came and went while the sidecar could not be heard"))
        }
        settle(name, at: now)
    }

    /// Tells what is new of a name.
    private mutating func settle(_ name: WorkflowName, at now: MonotonicInstant) {
        if let report = names.news(of: name, at: now) { tell(name, report) }
    }

    private mutating func tell(_ name: WorkflowName, _ report: StatusReport) {
        if let end = names.tell(name, report) { perform(.tell(name, report, until: end)) }
    }

    /// The sidecar was alive when it answered a ping.
    mutating func extend(to end: MonotonicInstant, uncoveredOnly: Bool, at now: MonotonicInstant) {
        let (news, extended) = names.extend(to: end, uncoveredOnly: uncoveredOnly, at: now)
        for (name, report) in news { tell(name, report) }
        if !extended.isEmpty { perform(.extend(extended, until: end)) }
    }

    /// The sidecar will not tell of a name.
    mutating func refuse(_ name: WorkflowName, _ expected: String, at now: MonotonicInstant) {
        guard names[name] != nil else { return }
        names.refuse(name, until: now.advanced(by: settings.refusalPause))
        let report = unreachable(name, "the sidecar does not tell of this name: it expected \(expected)")
        if names[name]?.told != report { tell(name, report) }
    }

    mutating func tellNotRunning(_ name: WorkflowName) {
        let reason = "the client has stopped running"
        tell(name, StatusReport(name: name.text, status: .stop, cause: .notRunning, reason: reason))
    }
}

// MARK: - Leases

extension ConnectionStateMachine {
    /// Ends what ended before now, and tells so.
    private mutating func lapse(at now: MonotonicInstant, isEarly: Bool = false) {
        let (leases, ended) = names.lapse(at: now, isEarly: isEarly)
        for name in ended {
            let report = unreachable(name, isConnected ? silence : nil)
            if names[name]?.told != report { tell(name, report) }
        }
        if leases > 0 { perform(.note(.lapsed(names: leases))) }
    }

    /// A reader has acted on a lapse that its clock showed, so it is told to all, and only then what holds now.
    private mutating func lapseSeen(_ name: WorkflowName, at now: MonotonicInstant) {
        guard let told = names[name]?.told, told.status != .stop else { return }
        perform(.note(.lapsed(names: 1)))
        tell(name, unreachable(name, silence))
        settle(name, at: now)
    }

    private var isConnected: Bool { if case .open = link { true } else { false } }
    var silence: String { "the sidecar at \(settings.address) has fallen silent" }
}
