import EmergencyStopCore
import TestSupport
import Testing

@testable import EmergencyStop

/// Random interleavings of everything that can happen between a client and a sidecar: bytes cut anywhere and late, lost
/// connections, restarts, freezes of either side, clocks that step back. A second, simpler account of what has been
/// proved is kept beside the machine, and compared with it after every step.
@Suite struct `Random interleavings` {
    @Test(arguments: 0..<200)
    func `no go without proof, and no stop lost`(_ run: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var world = World(seed: seed)
        for step in 0..<600 {
            world.step()
            guard world.violations.isEmpty else {
                Issue.record("run \(run), seed \(seed), step \(step): \(world.violations)")
                return
            }
        }
    }

    @Test func `the interleavings reach what they are for`() {
        var tally = World.Tally()
        for seed in 0..<100 as Range<UInt64> {
            var world = World(seed: seed)
            for _ in 0..<600 { world.step() }
            #expect(world.violations == [])
            tally.add(world.tally)
        }
        #expect(tally.goTold > 500)
        #expect(tally.lapses > 50)
        #expect(tally.missedStops > 5)
        #expect(tally.reconnects > 100)
    }
}

/// A client, a sidecar and what lies between them, under a clock of their own.
private struct World {
    struct Tally {
        var goTold = 0
        var lapses = 0
        var missedStops = 0
        var reconnects = 0

        mutating func add(_ other: Tally) {
            goTold += other.goTold
            lapses += other.lapses
            missedStops += other.missedStops
            reconnects += other.reconnects
        }
    }

    private static let names = ["A", "B", "C"].map { WorkflowName(validated: $0) }
    private static let lease = Int64(10_000_000_000)

    private(set) var violations: [String] = []
    private(set) var tally = Tally()

    private var random: SeededGenerator
    private var machine: ConnectionStateMachine
    private var now = Int64(1_000_000_000_000)

    // The sidecar.
    private var isAlive = true
    private var isFrozen = false
    private var life = 1
    private var revision = UInt64(1)
    private var truth: [WorkflowName: WorkflowStatus] = [:]
    private var lastStop: [WorkflowName: UInt64] = [:]
    private var watched: Set<WorkflowName> = []

    // What lies between them, while there is a connection.
    private var isConnected = false
    private var wantsConnection = false
    private var toSidecar: [Request] = []
    private var toClient: [UInt8] = []
    private var splitter = LineSplitter()

    // The account of what has been proved.
    private var wanted: Set<WorkflowName> = []
    private var pings: [String: Int64] = [:]
    private var linesHere: Set<WorkflowName> = []
    private var lastLine: [WorkflowName: WorkflowStatus] = [:]
    private var proof: [WorkflowName: Int64] = [:]
    private var heard: [WorkflowName: (life: String, revision: UInt64)] = [:]
    private var stops: [WorkflowName: [String: [UInt64]]] = [:]
    private var told: [WorkflowName: WorkflowStatus] = [:]
    private var owesStop: Set<WorkflowName> = []

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        machine = ConnectionStateMachine(.init(), generator: SeededGenerator(seed: seed ^ 1))
        for name in Self.names { truth[name] = .go }
        happen(.start)
        for name in Self.names { want(name) }
    }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20: pass(Int64.random(in: 0...400_000_000, using: &random))
        case 20..<21: pass(Int64.random(in: 0...14_000_000_000, using: &random))
        case 21..<46: serve()
        case 46..<71: deliver()
        case 71..<81: change()
        case 81..<84: disconnect()
        case 84..<85: restart()
        case 85..<86: isFrozen = true
        case 86..<89: isFrozen = false
        case 89..<91: want(name())
        case 91..<92: happen(.lapseSeen(name()))
        case 92..<94: accept(false)
        default: accept(true)
        }
        check()
    }

    private mutating func name() -> WorkflowName {
        Self.names[Int.random(in: 0..<Self.names.count, using: &random)]
    }

    // MARK: The client

    private mutating func happen(_ event: ConnectionStateMachine.Event) {
        // Clocks of this kind do not go back; where one does, nothing may come of it.
        let step = Int.random(in: 0..<50, using: &random) == 0 ? Int64.random(in: 0...5_000_000_000, using: &random) : 0
        for action in machine.handle(event, at: MonotonicInstant(nanoseconds: now - step)) { perform(action) }
    }

    private mutating func perform(_ action: ConnectionStateMachine.Action) {
        switch action {
        case .connect: wantsConnection = true
        case .send(let request):
            if case .ping(let token) = request { pings[token] = now }
            if case .unwatch(let name) = request { forgetAccount(of: name) }
            if isConnected { toSidecar.append(request) }
        case .close: close()
        case .tell(let name, let report, _):
            if report.status == .stop {
                owesStop.remove(name)
                if report.cause == .unreachable, told[name] == .go { tally.lapses += 1 }
            } else if owesStop.contains(name) {
                violations.append("\(name) is told \(report.status) and not the stop before")
            }
            if report.status == .go { tally.goTold += 1 }
            told[name] = report.status
        case .note(.missedStop): tally.missedStops += 1
        case .extend, .entered, .refused, .note, .settleAttempt, .caughtUp, .finished: break
        }
    }

    private mutating func pass(_ time: Int64) {
        now += time
        // A thread may be late to wake up, or be woken by something else before.
        if Bool.random(using: &random), let wake = machine.nextWake, wake.nanoseconds <= now { happen(.wake) }
    }

    private mutating func want(_ name: WorkflowName) {
        if wanted.contains(name) {
            wanted.remove(name)
            happen(.forget(name))
            forgetAccount(of: name)
        } else {
            wanted.insert(name)
            happen(.watch(name, answerBy: MonotonicInstant(nanoseconds: now + 8_000_000_000)))
        }
    }

    private mutating func forgetAccount(of name: WorkflowName) {
        told[name] = nil
        heard[name] = nil
        lastLine[name] = nil
        proof[name] = nil
        linesHere.remove(name)
        owesStop.remove(name)
    }

    private mutating func deliver() {
        guard isConnected else { return }
        let isWhole = Bool.random(using: &random)
        let count = isWhole ? toClient.count : Int.random(in: 0...toClient.count, using: &random)
        let piece = Array(toClient.prefix(count))
        toClient.removeFirst(piece.count)
        var lines: [ServerLine] = []
        do throws(LineSplitter.LineTooLong) {
            try splitter.append(piece.span) { lines.append(ServerLine($0)) }
        } catch {
            violations.append("a line was too long")
        }
        for line in lines where isConnected {
            account(for: line)
            happen(.received(line))
        }
    }

    private mutating func account(for line: ServerLine) {
        switch line {
        case .status(let status):
            let name = status.name
            guard wanted.contains(name), let revisions = status.revisions else { return }
            linesHere.insert(name)
            lastLine[name] = status.report.status
            let life = "life-\(life)"
            let since = heard[name].map { $0.life == life ? $0.revision : 0 }
            let missed = stops[name]?[life]?.contains { $0 > since ?? .max && $0 <= revisions.current } ?? false
            if missed, status.report.status != .stop, let told = told[name], told != .stop { owesStop.insert(name) }
            heard[name] = (life, revisions.current)
        case .pong(let token, let timeToLive):
            guard let sent = pings[token] else { return }
            let end = sent + min(Self.lease, timeToLive.wholeNanoseconds)
            for name in linesHere { proof[name] = max(proof[name] ?? 0, end) }
        default:
            break
        }
    }

    private mutating func check() {
        for name in Self.names {
            guard let report = machine.inForce(name, at: MonotonicInstant(nanoseconds: now)), report.status == .go
            else {
                continue
            }
            if lastLine[name] != .go { violations.append("\(name) is go, and the last line was not") }
            if proof[name] ?? 0 <= now { violations.append("\(name) is go without proof of life") }
        }
    }

    // MARK: The sidecar

    private mutating func accept(_ succeeds: Bool) {
        guard wantsConnection else {
            if let wake = machine.nextWake, wake.nanoseconds <= now { happen(.wake) }
            return
        }
        wantsConnection = false
        guard succeeds, isAlive else { return happen(.connectFailed(succeeds ? .refused("gone") : .busy)) }
        isConnected = true
        tally.reconnects += 1
        watched = []
        toSidecar = []
        toClient = []
        splitter = LineSplitter()
        linesHere = []
        pings = [:]
        happen(.connected(.init(userID: 0, isTrusted: true)))
    }

    private mutating func serve() {
        guard isConnected, isAlive, !isFrozen, !toSidecar.isEmpty else { return }
        for _ in 0..<Int.random(in: 1...toSidecar.count, using: &random) {
            switch toSidecar.removeFirst() {
            case .hello: send("hello 1\tinstance=life-\(life)\tversion=1")
            case .watch(let name):
                if Int.random(in: 0..<20, using: &random) == 0 {
                    send("error watch \(name)\texpected=fewer")
                } else {
                    watched.insert(name)
                    tell(name)
                }
            case .unwatch(let name):
                watched.remove(name)
                send("unwatched \(name)")
            case .ping(let token): send("pong \(token)\tttl=\(Int.random(in: 0...20_000, using: &random))")
            default: break
            }
        }
    }

    private mutating func change() {
        guard isAlive, !isFrozen else { return }
        let name = name()
        revision += 1
        truth[name] = [.go, .go, .go, .pause, .stop][Int.random(in: 0..<5, using: &random)]
        if truth[name] == .stop {
            lastStop[name] = revision
            stops[name, default: [:]]["life-\(life)", default: []].append(revision)
        }
        if watched.contains(name), isConnected { tell(name) }
    }

    private mutating func tell(_ name: WorkflowName) {
        let status = truth[name] ?? .stop
        if status == .stop { lastStop[name] = revision }
        send("\(status.rawValue) \(name)\tcause=listed\trev=\(revision)\tstopped=\(lastStop[name] ?? 0)")
    }

    private mutating func send(_ line: String) {
        toClient += Array(line.utf8) + [UInt8(ascii: "\n")]
    }

    private mutating func disconnect() {
        guard isConnected else { return }
        close()
        happen(.closed)
    }

    private mutating func close() {
        isConnected = false
        linesHere = []
    }

    private mutating func restart() {
        disconnect()
        isFrozen = false
        life += 1
        revision = 1
        lastStop = [:]
        for name in Self.names where truth[name] == .stop {
            lastStop[name] = 1
            stops[name, default: [:]]["life-\(life)", default: []].append(1)
        }
    }
}
