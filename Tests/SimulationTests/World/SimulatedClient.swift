import EmergencyStopCore
import Resilience
import TestSupport

@testable import EmergencyStop

/// A client: the real machine, names and runs, on a wire instead of a socket, with a clock that the simulation sets.
///
/// The cells of names and runs look at the machine's own clock, so they are given an end that is far ahead, or past where
/// the simulated clock says so.
final class SimulatedClient {
    private final class Stream: ReportReader, @unchecked Sendable {
        var reports = MergedReports()
        func take(_ report: StatusReport, until end: MonotonicInstant) { reports.offer(report) }
        func extend(until end: MonotonicInstant) -> Bool { true }
        func wake() -> Cancellation? { nil }
    }

    private struct Watch {
        let watched: WatchedName
        let stream: Stream
        var until = -Int64(1 << 60)
    }

    private static let ahead = MonotonicInstant(nanoseconds: 1 << 60)
    private static let past = MonotonicInstant(nanoseconds: 0)
    private static let names = FileText.names.map { WorkflowName(validated: $0) }

    let processID: Int32
    var isFrozen = false
    private(set) var wire: Wire?
    private(set) var wantsConnection = false
    private(set) var runs: [SimulatedRun] = []
    private var machine: ConnectionStateMachine
    private var watches: [Watch?] = [nil, nil, nil]
    private var splitter = LineSplitter()
    private var output = LineWriter()
    private var random: SeededGenerator
    private var waiting: [ConnectionStateMachine.Event] = []

    // For the oracle.
    private(set) var wrong: String?
    private var pings: [String: Int64] = [:]
    /// When the last ping that was answered was sent.
    private(set) var provedAt = -Int64(1 << 60)
    private(set) var pongsHere = 0
    /// Stops that a read saw, by name: since when they are to be told.
    private var owed: [Int64?] = [nil, nil, nil]
    /// What was taken from each stream last, and whether a stop was told since.
    private var streamed = [0, 0, 0]
    private var streamOwed = [false, false, false]

    init(_ processID: Int32, seed: UInt64, at now: Int64) {
        self.processID = processID
        random = SeededGenerator(seed: seed)
        machine = ConnectionStateMachine(.init(), generator: SeededGenerator(seed: seed &+ 1))
        happen(.start, now)
    }

    // MARK: What happens

    private func happen(_ event: ConnectionStateMachine.Event, _ now: Int64) {
        waiting.append(event)
        while !waiting.isEmpty {
            let event = waiting.removeFirst()
            for action in machine.handle(event, at: MonotonicInstant(nanoseconds: now)) { perform(action, now) }
        }
        wire?.ask(output.bytes)
        output.removeAll()
        for run in runs { advance(run, now) }
        runs.removeAll { $0.isOver }
    }

    func connect(_ wire: Wire?, _ now: Int64) {
        wantsConnection = false
        splitter = LineSplitter()
        pings = [:]
        pongsHere = 0
        self.wire = wire
        happen(
            wire == nil ? .connectFailed(.refused("nobody listens")) : .connected(.init(userID: 0, isTrusted: true)),
            now)
    }

    /// Receives so many bytes, or that the connection has ended.
    func receive(_ count: Int, _ now: Int64) {
        guard let wire else { return }
        let bytes = wire.receiveAtClient(count)
        if bytes.isEmpty, wire.isBroken || wire.isClosedBySidecar {
            self.wire = nil
            return happen(.closed, now)
        }
        do throws(LineSplitter.LineTooLong) {
            try splitter.append(bytes.span) { line in
                guard self.wire === wire else { return }
                let text = String(decodingValid: line)
                if text.hasPrefix("pong ") {
                    let token = text.dropFirst(5).prefix { $0 != "\t" }
                    if let sent = pings.removeValue(forKey: String(token)) { provedAt = max(provedAt, sent) }
                    pongsHere += 1
                }
                happen(.received(ServerLine(line)), now)
            }
        } catch {
            happen(.receivedGarbage("sends long lines"), now)
        }
    }

    func wake(_ now: Int64) {
        if let time = machine.nextWake, time.nanoseconds <= now { happen(.wake, now) }
    }

    private func perform(_ action: ConnectionStateMachine.Action, _ now: Int64) {
        switch action {
        case .connect: wantsConnection = true
        case .send(let request):
            if case .ping(let token) = request { pings[token] = now }
            request.write(to: &output)
        case .close:
            wire?.ask(output.bytes)
            output.removeAll()
            wire?.isClosedByClient = true
            wire = nil
        case .tell(let name, let report, let end):
            guard let index = Self.names.firstIndex(of: name), let watch = watches[index] else { return }
            if watch.watched.tell(report, until: end.nanoseconds > now ? Self.ahead : Self.past) {
                watches[index]?.until = end.nanoseconds
                if report.status == .stop {
                    owed[index] = nil
                    if streamed[index] > 0 { streamOwed[index] = true }
                }
                for cancellation in watch.watched.wake() { cancellation() }
            } else {
                waiting.append(.lapseSeen(name))
            }
        case .extend(let names, let end):
            for name in names {
                guard let index = Self.names.firstIndex(of: name), let watch = watches[index] else { continue }
                watches[index]?.until = end.nanoseconds
                if case .lapsed = watch.watched.extend(until: end.nanoseconds > now ? Self.ahead : Self.past) {
                    waiting.append(.lapseSeen(name))
                }
            }
        case .entered(let id, let report):
            if let run = runs.first(where: { $0.live.id == id }) { run.live.registered(run.registration, as: report) }
        case .refused(let id, let report): runs.first { $0.live.id == id }?.live.take(report, until: Self.past)
        case .settleAttempt, .note, .caughtUp, .finished: break
        }
    }

    // MARK: Names

    func watch(_ index: Int, _ now: Int64) {
        guard watches[index] == nil else { return }
        let name = Self.names[index]
        let answerBy = MonotonicInstant(nanoseconds: now + 8_000_000_000)
        let watch = Watch(watched: WatchedName(name, answerBy: answerBy), stream: Stream())
        watches[index] = watch
        happen(.watch(name, answerBy: answerBy), now)
        _ = watch.watched.add(watch.stream)
    }

    func forget(_ index: Int, _ now: Int64) {
        guard watches[index] != nil, !runs.contains(where: { $0.index == index }) else { return }
        watches[index] = nil
        owed[index] = nil
        streamOwed[index] = false
        streamed[index] = 0
        happen(.forget(Self.names[index]), now)
    }

    /// What a reader of the name is answered now: and by that he has seen it, where it is that the lease has ended.
    @discardableResult
    func read(_ index: Int, _ now: Int64) -> Int {
        guard let watch = watches[index] else { return 0 }
        if watch.until <= now { _ = watch.watched.extend(until: Self.past) }
        let level = Self.level(watch.watched.cell.read())
        for run in runs where run.index == index { run.see(Self.level(run.live.status)) }
        return level
    }

    /// The same, without that anybody has looked.
    func believed(_ index: Int, _ now: Int64) -> Int? {
        guard let watch = watches[index], watch.watched.cell.isAnswered else { return nil }
        return watch.until > now ? Self.level(watch.watched.cell.read()) : 0
    }

    /// Takes what waits in a stream.
    func readStream(_ index: Int, _ now: Int64) {
        guard let watch = watches[index] else { return }
        read(index, now)
        if watch.watched.cell.hasLapsed { watch.stream.reports.offer(WatchedName.lapsed(Self.names[index])) }
        var sawStop = false
        while let report = watch.stream.reports.take() {
            streamed[index] = Self.level(report.status)
            if report.status == .stop { sawStop = true }
        }
        if streamOwed[index], !sawStop {
            wrong = "a stream of \(Self.names[index]) skipped a stop that its name was told"
        }
        streamOwed[index] = false
    }

    private static func level(_ status: WorkflowStatus) -> Int { status == .go ? 2 : status == .pause ? 1 : 0 }

    // MARK: Runs

    func start(_ index: Int, _ now: Int64) {
        guard runs.count < 4 else { return }
        watch(index, now)
        guard let watched = watches[index]?.watched else { return }
        let run = SimulatedRun(LiveRun(.random(using: &random), watched), index)
        runs.append(run)
        _ = watched.add(run.live)
        advance(run, now)
    }

    func end(_ which: Int, _ now: Int64) {
        let going = runs.filter { $0.phase == .running }
        guard !going.isEmpty else { return }
        leave(going[which % going.count], now)
        runs.removeAll { $0.isOver }
    }

    /// What `withWorkflow` decides, a step of it.
    private func advance(_ run: SimulatedRun, _ now: Int64) {
        guard run.phase != .running, !run.isOver else { return }
        read(run.index, now)
        let status = run.live.present?.status
        switch run.phase {
        case .waiting where status == .go:
            run.phase = .registering
            run.registration = run.live.beginRegistration()
            happen(.enter(run.live.id, run.live.name), now)
        case .waiting where status == .stop: leave(run, now)
        case .registering where run.live.registeredAs?.status == .go && run.live.status == .go:
            run.phase = .running
        case .registering where run.live.registeredAs != nil || run.live.status != .go:
            leave(run, now)
        default: break
        }
    }

    private func leave(_ run: SimulatedRun, _ now: Int64) {
        run.phase = .over
        watches[run.index]?.watched.remove(run.live)
        happen(.leave(run.live.id), now)
    }

    // MARK: For the oracle

    /// A read has seen these names stopped, and the sidecar's loop has heard of it.
    func owe(_ names: [Int], _ now: Int64) {
        for index in names {
            if owed[index] == nil, let level = believed(index, now), level > 0 { owed[index] = now }
        }
    }

    func forgetOwed() { owed = [nil, nil, nil] }

    func check(_ oracle: Oracle, _ now: Int64) {
        for index in 0..<3 {
            guard let level = believed(index, now) else { continue }
            if level > 0, now - provedAt >= Oracle.clientLease {
                wrong = "\(FileText.names[index]): believed past the lease"
            }
            if !oracle.allows(client: level, index, at: now) {
                wrong = "\(FileText.names[index]): level \(level), which no version within the leases allows"
            }
            if level > 0, let since = owed[index], now - since >= Oracle.clientLease {
                wrong = "\(FileText.names[index]): a stop was not told within the lease"
            }
            for run in runs where run.index == index && run.phase == .running {
                // On the exact instant reader and loop may see the end in either order.
                let until = watches[index]?.until ?? -(1 << 60)
                if until > now { run.see(Self.level(run.live.status)) } else if until < now - 2_000_000 { run.see(0) }
                if run.hasRisen { wrong = "\(FileText.names[index]): a stopped run goes on" }
            }
        }
    }

    /// All is handled and the connection is up: what is owed must have been told.
    func checkCaughtUp() {
        guard wire != nil, pongsHere > 0 else { return }
        for index in 0..<3 where owed[index] != nil { wrong = "\(FileText.names[index]): a stop was lost" }
    }
}

/// A run, and how far it has come.
final class SimulatedRun {
    enum Phase { case waiting, registering, running, over }

    let live: LiveRun
    let index: Int
    var phase = Phase.waiting
    var registration = 0
    private var isStopped = false
    private var isKnown = false
    /// Whether it was stopped and is not any more.
    private(set) var hasRisen = false

    init(_ live: LiveRun, _ index: Int) {
        self.live = live
        self.index = index
    }

    var isOver: Bool { phase == .over }

    /// Its number, as `ps` lists it.
    var number: String { live.id.description }

    /// Whether nobody has asked this before.
    func isNew() -> Bool {
        defer { isKnown = true }
        return !isKnown
    }

    func see(_ level: Int) {
        guard phase == .running else { return }
        if level == 0 { isStopped = true } else if isStopped { hasRisen = true }
    }
}
