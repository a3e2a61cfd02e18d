internal import Dispatch
internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc
internal import Logging
internal import NIOCore
internal import Resilience

/// Feeds the connection's state machine with what happens, and does what it says.
///
/// Everything here runs on one event loop, on a thread of its own, so that a workflow which blocks Swift's pool of
/// threads cannot keep a stop from being heard.
// Unchecked because the compiler does not know event loops: every entry point is on the loop, or hops to it.
final class ConnectionDriver: @unchecked Sendable {
    private let loop: any EventLoop
    private let connector: Connector
    private let subscriptions: Subscriptions
    private let breaker: CircuitBreaker
    private let trusted: TrustedUsers
    private let observer: ConnectionObserver
    private let finished: EventLoopPromise<Void>
    private let cancellations = Cancellations()

    private var machine: ConnectionStateMachine
    private var watchedNames: [WorkflowName: WatchedName] = [:]
    private var runs: [RunID: (live: LiveRun, registration: Int)] = [:]
    private var permit: CircuitBreaker.Permit?
    private var channel: (any Channel)?
    /// The number of the present attempt to connect. What belongs to another is not listened to any more.
    private var attempt = 0
    private var output = LineWriter()
    private var wake: (time: MonotonicInstant, task: Scheduled<Void>)?
    /// What happened while something else was being dealt with.
    private var waiting: [ConnectionStateMachine.Event] = []
    private var isHandling = false
    /// Names that something was told of and whose readers are not woken yet.
    private var told: [WatchedName] = []
    /// Tests that wait until what was sent to this client is handled.
    private var catchingUp: [Int: EventLoopPromise<Void>] = [:]
    private var lastCatchUp = 0

    init(
        loop: any EventLoop, connector: Connector, subscriptions: Subscriptions,
        settings: ConnectionStateMachine.Settings, breaker: CircuitBreaker.Settings,
        trusted: TrustedUsers, observer: ConnectionObserver
    ) {
        self.loop = loop
        self.connector = connector
        self.subscriptions = subscriptions
        self.breaker = CircuitBreaker(breaker)
        self.trusted = trusted
        self.observer = observer
        finished = loop.makePromise()
        machine = ConnectionStateMachine(settings)
    }

    /// Begins to connect, and to listen to the subscriptions.
    func start() {
        subscriptions.begin { [self] in loop.execute { self.drain() } }
        loop.execute {
            self.handle(.start)
            self.drain()
        }
    }

    /// Tells all that the client has stopped running, lets runs sign off for a moment, and closes the connection.
    func stop() async {
        subscriptions.post(.shutDown)
        // Never fails: the promise is only ever succeeded.
        try? await finished.futureResult.get()
    }

    /// Lets every lease end, and returns when that is handled: for tests of what a lapse does, which are not to take as
    /// long as one.
    func endLeases() async {
        await handled(.leasesEnd)
    }

    /// Returns when all that the sidecar has sent up to now is handled, or will never be: for tests.
    func catchUp() async {
        await handled(nil)
    }

    /// Handles an event, catches up, and returns once the bodies that were stopped by then are cancelled.
    private func handled(_ event: ConnectionStateMachine.Event?) async {
        let promise = loop.makePromise(of: Void.self)
        loop.execute {
            if let event { self.handle(event) }
            self.lastCatchUp += 1
            self.catchingUp[self.lastCatchUp] = promise
            self.handle(.catchUp(self.lastCatchUp))
        }
        try? await promise.futureResult.get()
    }
}

// MARK: - What happens

extension ConnectionDriver {
    /// Takes in what somebody wants.
    private func drain() {
        for command in subscriptions.take() {
            switch command {
            case .watch(let watched):
                watchedNames[watched.name] = watched
                handle(.watch(watched.name, answerBy: watched.answerBy))
            case .forget(let watched):
                if watchedNames[watched.name] === watched { watchedNames[watched.name] = nil }
                handle(.forget(watched.name))
            case .join(let reader, let watched):
                if let cancellation = watched.add(reader) { cancellations.perform(cancellation) }
            case .part(let reader, let watched):
                watched.remove(reader)
            case .enter(let run, let registration):
                runs[run.id] = (run, registration)
                handle(.enter(run.id, run.name))
            case .leave(let run):
                runs[run.id] = nil
                handle(.leave(run.id))
            case .judged(let userID, let isTrusted, let attempt):
                handle(.connected(.init(userID: userID, isTrusted: isTrusted)), attempt: attempt)
            case .shutDown:
                handle(.shutDown)
            }
        }
    }

    /// There is a connection.
    func opened(_ channel: any Channel, attempt: Int) {
        guard attempt == self.attempt else { return channel.close(promise: nil) }
        self.channel = channel
        guard connector.checksPeer else {
            return handle(.connected(.init(userID: 0, isTrusted: true)))
        }
        peer(of: channel).whenComplete { [self] result in
            switch result {
            case .success(let peer): judge(peer.userID, attempt)
            case .failure(let error):
                handle(.connectFailed(.refused("the socket's owner cannot be told: \(error)")), attempt: attempt)
                channel.close(promise: nil)
            }
        }
    }

    private func peer(of channel: any Channel) -> EventLoopFuture<PeerCredentials> {
        guard let provider = channel as? any SocketOptionProvider else {
            return loop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        return provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    }

    /// Finds out whether the sidecar's user is one to believe. Who has which name may have to be asked of a directory
    /// service, which may take long, and the end of a lease must not wait for that.
    private func judge(_ userID: UInt32, _ attempt: Int) {
        guard !trusted.containsNumber(userID) else {
            return handle(.connected(.init(userID: userID, isTrusted: true)), attempt: attempt)
        }
        DispatchQueue(label: "estop-user").async { [trusted, subscriptions] in
            subscriptions.post(.judged(userID, isTrusted: trusted.containsName(of: userID), attempt: attempt))
        }
    }

    /// Something happened to the connection of this attempt.
    func handle(_ event: ConnectionStateMachine.Event, attempt: Int) {
        guard attempt == self.attempt else { return }
        if case .closed = event { channel = nil }
        handle(event)
    }

    /// Something happened. What happens while it is dealt with comes after it.
    private func handle(_ event: ConnectionStateMachine.Event) {
        loop.assertInEventLoop()
        waiting.append(event)
        guard !isHandling else { return }
        isHandling = true
        var next = 0
        while next < waiting.count {
            for action in machine.handle(waiting[next], at: MonotonicClock.now()) { perform(action) }
            next += 1
        }
        waiting.removeAll(keepingCapacity: true)
        isHandling = false
        wakeReaders()
        flush()
        scheduleWake()
    }

    /// Wakes those who were told something, once it is written down for all of them.
    private func wakeReaders() {
        while let watched = told.popLast() {
            for cancellation in watched.wake() { cancellations.perform(cancellation) }
        }
    }

    private func scheduleWake() {
        guard let time = machine.nextWake else {
            wake?.task.cancel()
            wake = nil
            return
        }
        // One that comes too early only looks at the time; rescheduling at every event would cost more.
        if let wake, wake.time <= time { return }
        wake?.task.cancel()
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(max(0, time.nanoseconds)))
        let task = loop.scheduleTask(deadline: deadline) { [weak self] in
            guard let self else { return }
            self.wake = nil
            self.handle(.wake)
        }
        wake = (time, task)
    }
}

// MARK: - What is to be done

extension ConnectionDriver {
    private func perform(_ action: ConnectionStateMachine.Action) {
        switch action {
        case .connect: connect()
        case .settleAttempt(let outcome): settleAttempt(outcome)
        case .send(let request): request.write(to: &output)
        case .close: close()
        case .tell(let name, let report, let end): tell(name, report, until: end)
        case .extend(let names, let end):
            for name in names { extend(name, until: end) }
        case .entered(let id, let report):
            guard let run = runs[id] else { return }
            run.live.registered(run.registration, as: report)
        case .refused(let id, let report):
            guard let run = runs[id]?.live else { return }
            run.take(report, until: MonotonicInstant(nanoseconds: .min))
            told.append(run.watched)
        case .note(let note): observer.observe(note)
        case .caughtUp(let id):
            guard let promise = catchingUp.removeValue(forKey: id) else { return }
            cancellations.whenIdle { promise.succeed() }
        case .finished: finish()
        }
    }

    private func connect() {
        attempt += 1
        let attempt = attempt
        do throws(CircuitBreaker.Rejection) {
            permit = try breaker.admit()
        } catch {
            return handle(.attemptRejected(retryAfter: error.retryAfter))
        }
        connector.connect(loop) { [self] channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(LineHandler(self, attempt: attempt))
            }
        }.whenFailure { [self] error in
            handle(.connectFailed(Self.failure(error)), attempt: attempt)
        }
    }

    private static func failure(_ error: any Error) -> ConnectionStateMachine.ConnectFailure {
        guard let error = error as? IOError else { return .refused("\(error)") }
        switch error.errnoCode {
        case EAGAIN: return .busy
        case EACCES, EPERM: return .refused("not permitted to connect: join the socket's group")
        // What NIO says of itself beside it is of no use to an operator.
        case let code: return .refused(String(cString: strerror(code)))
        }
    }

    private func settleAttempt(_ outcome: ConnectionStateMachine.AttemptOutcome) {
        guard let permit = permit.take() else { return }
        switch outcome {
        case .success: permit.succeed()
        case .failure: permit.fail()
        case .neutral: permit.abandon()
        }
    }

    private func flush() {
        guard !output.isEmpty else { return }
        if let channel {
            let buffer = channel.allocator.buffer(bytes: output.bytes)
            channel.writeAndFlush(buffer, promise: nil)
        }
        output.removeAll()
    }

    private func close() {
        flush()
        attempt += 1
        channel?.close(promise: nil)
        channel = nil
    }

    private func tell(_ name: WorkflowName, _ report: StatusReport, until end: MonotonicInstant) {
        guard let watched = watchedNames[name] else { return }
        if watched.tell(report, until: end) {
            told.append(watched)
        } else {
            handle(.lapseSeen(name))
        }
    }

    private func extend(_ name: WorkflowName, until end: MonotonicInstant) {
        guard let watched = watchedNames[name] else { return }
        switch watched.extend(until: end) {
        case .extended: break
        case .stopsRun: told.append(watched)
        case .lapsed: handle(.lapseSeen(name))
        }
    }

    /// Whoever still waits is told that nobody answers any more.
    private func finish() {
        wake?.task.cancel()
        wake = nil
        let (queued, left) = subscriptions.end()
        for command in queued {
            if case .join(let reader, let watched) = command, let cancellation = watched.add(reader) {
                cancellations.perform(cancellation)
            }
        }
        for watched in left {
            _ = watched.tell(Subscriptions.notRunning(watched.name), until: MonotonicInstant(nanoseconds: .min))
        }
        told += left
        wakeReaders()
        watchedNames = [:]
        runs = [:]
        finished.succeed()
    }
}
