internal import EmergencyStopCore
internal import EmergencyStopServing
package import EmergencyStopSystem
internal import Glibc
package import Logging

/// The server: one loop that serves all connections, on the thread that runs it, and the way from the source's thread
/// to it.
///
/// Nobody can hold it. A connection does what one turn allows, then the others do; and what the source says comes
/// before the next turn, whoever's that is.
package final class Server {
    /// What is waited for besides connections.
    private enum Key {
        static let listening = UInt64.max
        static let signals = UInt64.max - 1
        static let news = UInt64.max - 2
    }

    /// What is due at a time.
    private enum Due: Hashable {
        /// The lease may have run out, with nothing else to notice it.
        case lapse
        case signOfLife
        /// Lost runs are to be looked at.
        case reaping
        /// The loop is to be seen at work, while clients of an earlier sidecar enter their runs again.
        case reentry
        /// The socket's path is to be looked at.
        case presence
        /// Connections are to be accepted again.
        case accepting
        /// A connection has not taken what was written to it.
        case drain(of: UInt64)
        /// The last moment of those that have not taken everything when the server stops.
        case farewell
    }

    /// How often the processes of lost runs are looked at, while there are any.
    private static let reapInterval = Duration.seconds(1)
    /// How long nothing is accepted when there is nothing to accept it with.
    private static let acceptPause = Duration.milliseconds(250)
    /// How long a socket that a cleaner has removed is missing at most.
    private static let presenceInterval = Duration.seconds(5)
    /// How many requests to read are answered in a turn.
    private static let syncLimit = 256
    /// How many connections are accepted in a turn.
    private static let acceptLimit = 16
    /// How long connections get to take what has been written to them when the server stops.
    private static let farewell = Duration.milliseconds(300)

    let context: ServerContext
    private let poller: Poller
    private let signals: SignalQueue
    private let news: WakeUp
    private let outbox: Outbox
    private var socket: ListeningSocket
    private var acceptor: Acceptor
    private let reporter: ServiceReporter?
    private let logger: Logger
    /// By their descriptors.
    private var connections: [Connection?] = []
    private var accepted: UInt32 = 0
    private var deadlines = Deadlines<Due>()
    /// The requests for reads that the source has satisfied.
    private var satisfied = ReadRequest.none
    /// When the turn under way began: the connection before it had the time up to then.
    private var turnBegan = ContinuousClock.now
    private var isEnding = false
    private var isOver = false

    /// Listens on a bound socket, which it takes over and withdraws at the end, and has the source begin.
    ///
    /// - Parameter signals: SIGHUP has the source read now, any other ends the server.
    package init(
        on socket: consuming ListeningSocket, _ configuration: SidecarConfiguration, source: any EntrySource,
        signals: consuming SignalQueue, manager: NotifySocket?, logger: Logger
    ) throws {
        let metrics = SidecarMetrics()
        context = ServerContext(configuration: configuration, source: source, metrics: metrics, logger: logger)
        reporter = manager.map { ServiceReporter($0, reloadLimit: configuration.lease) }
        let descriptor = socket.descriptor
        acceptor = Acceptor(listening: descriptor)
        news = try WakeUp()
        outbox = Outbox(wakeLoop: news, hasFleet: source.fleet != nil)
        self.logger = logger
        let poller = try Poller()
        try Self.listen(on: descriptor, poller)
        try poller.add(signals.descriptor, under: Key.signals, .input)
        try poller.add(news.descriptor, under: Key.news, [.input, .edges])
        self.socket = socket
        self.poller = poller
        self.signals = signals
        scheduleLapse()
        schedulePresence()
        if reporter?.interval != nil { deadlines.set(.signOfLife, to: .now) }
        try source.start { [outbox] event in
            // Act first, then speak.
            outbox.post(event)
            metrics.count(event)
            logger.log(event)
        }
    }

    /// Serves until a signal ends it.
    package func run() {
        while !isOver {
            let isBusy = answerSyncs()
            let count = poller.wait(isBusy ? .zero : deadlines.next.map { $0 - .now })
            turnBegan = .now
            for position in 0..<count {
                takeNews()
                handle(poller[position])
            }
            takeNews()
            while let due = deadlines.takeDue(at: beginTurn()) { handle(due) }
            beginTurn()
        }
        socket.withdraw()
    }

    /// Takes note of how long the last turn lasted.
    @discardableResult
    private func beginTurn() -> ContinuousClock.Instant {
        let now = ContinuousClock.now
        context.metrics.noteTurn(now - turnBegan)
        turnBegan = now
        return now
    }

    private func handle(_ event: Poller.Event) {
        switch event.key {
        case Key.listening:
            if !isEnding { accept() }
            beginTurn()
        case Key.signals: while let signal = signals.next() { handle(signal) }
        case Key.news: break
        default:
            // One that an event before this closed is no more, and its descriptor may be another's.
            guard let connection = connection(event.key) else { return }
            if context.isOpen { connection.takeTurn(isHangUp: event.isHangUp, self) } else { forget(connection) }
        }
    }

    private func handle(_ due: Due) {
        switch due {
        case .lapse:
            noteTime()
            openIfDue()
            report()
        case .signOfLife:
            // From the loop, so that there is none when it stands still.
            report()
            if let interval = reporter?.interval { deadlines.set(.signOfLife, to: .now + interval) }
        case .reaping:
            context.lookAtLostRuns()
            if context.registry.hasLostRuns { deadlines.set(.reaping, to: .now + Self.reapInterval) }
        case .reentry:
            lookAtReentry()
        case .presence:
            lookAtSocket()
            schedulePresence()
        case .accepting:
            poller.change(acceptor.listening, under: Key.listening, .input)
        case .drain(let key):
            guard let connection = connection(key) else { return }
            context.log(.stalled, connection.peer)
            close(connection)
        case .farewell:
            isOver = true
        }
    }

    private func handle(_ signal: CInt) {
        if signal == SIGHUP {
            logger.info("reading the stop file, as SIGHUP asks")
            let request = context.source.requestRead()
            reporter?.beginReload(request, at: .now)
        } else {
            beginToEnd()
        }
    }

    /// Accepts nothing more, lets connections take what was written to them for a moment, closes them.
    private func beginToEnd() {
        guard !isEnding else { return }
        isEnding = true
        poller.remove(acceptor.listening)
        Glibc.close(acceptor.listening)
        deadlines = Deadlines()
        deadlines.set(.farewell, to: .now + Self.farewell)
        reporter?.stopping()
        for connection in connections { connection?.closeWhenDrained(self) }
        isOver = context.connections == 0
    }
}

// MARK: - What the source says

extension Server {
    private func takeNews() {
        while let delivery = outbox.take() {
            beginTurn()
            receive(delivery)
            beginTurn()
        }
    }

    /// Takes what the source has said, and tells everyone whom it concerns.
    private func receive(_ delivery: Delivery) {
        guard !isEnding else { return }
        let effects = context.registry.apply(
            delivery.update, verifiedAt: delivery.verifiedAt, fleet: delivery.fleet, satisfied: delivery.satisfied,
            at: .now, .now()
        )
        for effects in effects { perform(effects) }
        if delivery.update != nil { context.metrics.recordNotification(.now - delivery.readAt) }
        satisfied = max(satisfied, delivery.satisfied)
        openIfDue()
        if delivery.verifiedAt != nil || delivery.fleet != nil { scheduleLapse() }
        if reporter?.isAwaited ?? false { report() }
    }

    /// Takes note of the time, before anything is done with what has arrived: see ``Registry/note(_:_:)``.
    @discardableResult
    func noteTime() -> ContinuousClock.Instant {
        let now = beginTurn()
        if let effects = context.registry.note(now, .now()) { perform(effects) }
        return now
    }

    /// Tells everyone whom it concerns, those first who have to stop, and writes it down.
    private func perform(_ effects: Effects) {
        tell(effects.restrained, since: effects.since)
        tell(effects.released, since: effects.since)
        for id in context.registry.sessionsThatWatchAll { connection(id)?.sendNews(self) }
        for record in effects.records { context.log(record) }
        for tally in effects.tallies { context.metrics.count(tally) }
    }

    private func tell(_ places: [Int], since revision: UInt64) {
        // Who watches one of them may watch others: then all that stops goes in one piece.
        var concerned: [Connection] = []
        for place in places {
            for id in context.registry.watchers(at: place) {
                guard let connection = connection(id), connection.note(place, since: revision) else { continue }
                if places.count > 1 { concerned.append(connection) } else { connection.sendNews(self) }
            }
        }
        for connection in concerned { connection.sendNews(self) }
    }

    /// Answers those who asked for a read that is over by now, so many in a turn; says whether there are more.
    private func answerSyncs() -> Bool {
        for _ in 0..<Self.syncLimit {
            guard let id = context.registry.nextSynced() else { return false }
            guard let connection = connection(id) else { continue }
            connection.noteSync(context.registry)
            connection.sendNews(self)
        }
        return true
    }

    /// Begins to answer, once there is something to answer with.
    private func openIfDue() {
        guard !context.isOpen, context.registry.isOpen(at: .now) else { return }
        context.open()
        lookAtReentry()
        for connection in connections { connection?.waitForMore(self) }
    }

    /// Goes on until clients of an earlier sidecar have had the time to enter their runs again.
    private func lookAtReentry() {
        context.registry.reentry.look(at: .now)
        if !context.registry.reentry.isOver { deadlines.set(.reentry, to: .now + ReentryPeriod.lookInterval) }
    }

    private func schedulePresence() {
        deadlines.set(.presence, to: .now + min(Self.presenceInterval, context.configuration.pollInterval))
    }

    private func scheduleLapse() {
        deadlines.set(.lapse, to: context.registry.lapseDue)
    }

    /// Tells the service manager how things stand, where there is one.
    private func report() {
        guard let reporter else { return }
        let now = ContinuousClock.now
        let look = ServiceNotices.Look(
            isOpen: context.isOpen, isStuck: context.source.isStuck, satisfied: satisfied,
            summary: context.summary(now)
        )
        reporter.report(look, at: now)
    }
}

// MARK: - The socket

extension Server {
    private static func listen(on descriptor: CInt, _ poller: borrowing Poller) throws(SystemError) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        // One that was handed over listens already, with a backlog of another's choice.
        guard Glibc.listen(descriptor, ListeningSocket.backlog) == 0 else { throw .last }
        try poller.add(descriptor, under: Key.listening, .input)
    }

    /// Makes the socket again where it has been removed: those who are connected notice nothing, but nobody else could
    /// connect any more, and every new workflow would be stopped without a word of why.
    private func lookAtSocket() {
        let presence = socket.presence
        if presence != context.socketPresence { context.log(presence) }
        context.socketPresence = presence
        guard presence == .gone else { return }
        let old = socket.descriptor
        do {
            guard try socket.restore() else { return }
            try Self.listen(on: socket.descriptor, poller)
            // Who waits at the old one has connected before it was removed, and found nothing wrong.
            for _ in 0..<Int(ListeningSocket.backlog) / Self.acceptLimit { accept() }
            poller.remove(old)
            Glibc.close(old)
            acceptor = Acceptor(listening: socket.descriptor)
            context.socketPresence = .there
            logger.notice("made the socket again", metadata: ["socket": "\(socket.path)"])
        } catch {
            logger.error("cannot make the socket again", metadata: ["reason": "\(error)"])
        }
    }
}

// MARK: - Connections

extension Server {
    private func accept() {
        for _ in 0..<Self.acceptLimit {
            switch acceptor.next() {
            case .connection(let descriptor): add(descriptor)
            case .refused: context.countRefusalForWantOfDescriptors()
            case .nobody: return
            case .impossible:
                // As long as somebody waits, the poller would tell of it over and over.
                poller.change(acceptor.listening, under: Key.listening, [])
                deadlines.set(.accepting, to: .now + Self.acceptPause)
                return
            }
        }
    }

    private func add(_ descriptor: CInt) {
        do throws(Admission.Refusal) {
            let peer = try context.admit(descriptor)
            accepted &+= 1
            let connection = Connection(descriptor, number: accepted, peer: peer)
            let place = Int(descriptor)
            while connections.count <= place { connections.append(nil) }
            connections[place] = connection
            connection.waitForMore(self)
        } catch {
            var line = LineWriter()
            line.text("error connect")
            line.field("expected", error.expected)
            line.end()
            line.bytes.withUnsafeBytes { _ = StreamSocket.send(descriptor, $0) }
            Glibc.close(descriptor)
        }
    }

    /// The connection with this id, if it is still there.
    private func connection(_ id: SessionID) -> Connection? {
        let place = Int(id & 0xFFFF_FFFF)
        guard place < connections.count, let connection = connections[place], connection.id == id else {
            return nil
        }
        return connection
    }

    func close(_ connection: Connection) {
        guard !connection.isClosed else { return }
        connection.close(&context.registry)
        context.lookAtLostRuns()
        if context.registry.hasLostRuns { deadlines.set(.reaping, to: .now + Self.reapInterval) }
        context.release(connection.peer)
        setDrainDeadline(of: connection, false)
        poller.remove(connection.descriptor)
        Glibc.close(connection.descriptor)
        connections[Int(connection.descriptor)] = nil
        if isEnding, context.connections == 0 { isOver = true }
    }

    /// Has the poller tell of what a connection waits for. Nothing is asked of anyone before there are answers.
    func watch(_ connection: Connection, for wanted: Poller.Interest) {
        let interest = context.isOpen ? wanted : []
        guard connection.interest != interest else { return }
        if connection.interest != nil {
            poller.change(connection.descriptor, under: connection.id, interest)
        } else {
            do throws(SystemError) {
                try poller.add(connection.descriptor, under: connection.id, interest)
            } catch {
                return close(connection)
            }
        }
        connection.interest = interest
    }

    /// Lets a connection whose peer went away before there were answers lie until there are: what it has sent counts,
    /// and the poller would tell over and over that the peer is gone.
    private func forget(_ connection: Connection) {
        poller.remove(connection.descriptor)
        connection.interest = nil
    }

    /// Sets by when a peer has to have taken what was written to it, from when it had not taken it at once; or that it
    /// has.
    func setDrainDeadline(of connection: Connection, _ isWanted: Bool) {
        guard connection.hasDrainDeadline != isWanted else { return }
        connection.hasDrainDeadline = isWanted
        deadlines.set(.drain(of: connection.id), to: isWanted ? .now + context.limits.drainTimeout : nil)
    }
}
