import EmergencyStop
import EmergencyStopTesting
import Logging
import Resilience
import ServiceLifecycle
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct `A status` {
    @Test func `is go only for a name that is listed so`() async {
        let stop = await InMemoryEmergencyStop(["A": .go, "B": .pause, "C": .stop, "D*": .go])
        let estop = stop.client
        #expect(await estop.status("A") == .go)
        #expect(await estop.status(" A\n") == .go)
        #expect(await estop.status("B") == .pause)
        #expect(await estop.status("C") == .stop)
        #expect(await estop.status("D1") == .stop)
        #expect(await estop.status("D*") == .stop)
        #expect(await estop.report("E").cause == .unlisted)
        #expect(await estop.status("") == .stop)
        #expect(await estop.status(String(repeating: "x", count: 256)) == .stop)
    }

    @Test func `is compared byte by byte`() async {
        let stop = await InMemoryEmergencyStop(["Caf\u{E9}": .go])
        #expect(await stop.client.status("Caf\u{E9}") == .go)
        #expect(await stop.client.status("Cafe\u{301}") == .stop)
    }

    @Test func `is not-running before and after the client runs`() async throws {
        var configuration = EmergencyStopClient.Configuration(socketPath: "/nowhere/s")
        configuration.firstAnswerTimeout = .milliseconds(50)
        let client = try EmergencyStopClient(configuration: configuration)
        #expect(await client.report("A").cause == .notRunning)
        await #expect(throws: EmergencyStopped.self) { try await client.withWorkflow("A") { _ in } }
        var changes = client.changes("A").makeAsyncIterator()
        #expect(await changes.next()?.cause == .notRunning)
        let running = Task { await client.run() }
        running.cancel()
        await running.value
        #expect(await client.report("A").cause == .notRunning)
    }

    @Test func `waits once for a client that nobody runs, and one warning says what to do`() async throws {
        var configuration = EmergencyStopClient.Configuration(socketPath: "/nowhere/s")
        // Waited for but once; a second time would take the suite's whole time.
        configuration.firstAnswerTimeout = .seconds(2)
        let (warnings, log) = AsyncStream<String>.makeStream()
        let logger = Logger(label: "test") { _ in YieldingLog(log) }
        let client = try EmergencyStopClient(configuration: configuration, logger: logger)
        #expect(await client.report("A").cause == .notRunning)
        var heard = warnings.makeAsyncIterator()
        #expect(await heard.next()?.contains("call run()") == true)
        let start = ContinuousClock.now
        for _ in 0..<1_000 { #expect(await client.report("A").cause == .notRunning) }
        // A thousand waits would take 2,000 s.
        #expect(ContinuousClock.now - start < .seconds(1_000))
        await #expect(throws: EmergencyStopped.self) { try await client.withWorkflow("A") { _ in } }
        log.finish()
        #expect(await heard.next() == nil)
        // It is no verdict: who runs it late is served.
        let running = Task { await client.run() }
        while await client.report("A").cause == .notRunning { await Task.yield() }
        #expect(await client.report("A").cause == .unreachable)
        running.cancel()
        await running.value
    }

    @Test func `a question that is cancelled is answered stop`() async throws {
        let client = try EmergencyStopClient(configuration: .init(socketPath: "/nowhere/s"))
        let asking = Task { await client.report("A") }
        asking.cancel()
        #expect(await asking.value.status == .stop)
    }

    @Test func `in a service group the client ends with the group`() async throws {
        let client = try EmergencyStopClient(configuration: .init(socketPath: "/nowhere/s"))
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: client)], gracefulShutdownSignals: [], logger: Logger(label: "test"))
        )
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(await client.report("A").cause == .notRunning)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `A stream of changes` {
    @Test func `tells the present report first, then each change`() async {
        let stop = await InMemoryEmergencyStop(["A": .go])
        var changes = stop.client.changes("A").makeAsyncIterator()
        #expect(await changes.next()?.status == .go)
        await stop.set(.pause, for: "A", reason: "lunch")
        #expect(await changes.next()?.reason == "lunch")
        await stop.remove("A")
        #expect(await changes.next()?.cause == .unlisted)
    }

    @Test func `a slow reader is told a stop that came and went`() async {
        let stop = await InMemoryEmergencyStop(["A": .go])
        var slow = stop.client.changes("A").makeAsyncIterator()
        #expect(await slow.next()?.status == .go)
        for round in 0..<100 {
            await stop.set(.stop, for: "A", reason: "\(round)")
            await stop.set(.go, for: "A")
        }
        #expect(await slow.next()?.reason == "99")
        #expect(await slow.next()?.status == .go)
    }

    @Test func `a lapse is told even if the sidecar is back before anybody looks`() async {
        let stop = await InMemoryEmergencyStop(["A": .go])
        var changes = stop.client.changes("A").makeAsyncIterator()
        #expect(await changes.next()?.status == .go)
        await stop.loseSidecar()
        await stop.restoreSidecar()
        #expect(await changes.next()?.cause == .unreachable)
        #expect(await changes.next()?.status == .go)
    }

    @Test func `ends with its task`() async {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let reading = Task {
            var count = 0
            for await _ in stop.client.changes("A") { count += 1 }
            return count
        }
        await stop.set(.stop, for: "A")
        reading.cancel()
        #expect(await reading.value <= 2)
    }

    @Test func `of something that is no name says so, and is silent then`() async {
        let stop = await InMemoryEmergencyStop()
        let reading = Task {
            var reports: [StatusReport] = []
            for await report in stop.client.changes("") { reports.append(report) }
            return reports
        }
        while await stop.client.status("A") != .stop {}
        reading.cancel()
        #expect(await reading.value.count <= 1)
    }
}

/// Passes on what is logged.
private struct YieldingLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    private let log: AsyncStream<String>.Continuation

    init(_ log: AsyncStream<String>.Continuation) {
        self.log = log
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        log.yield("\(event.message)")
    }
}

@Suite(.timeLimit(.minutes(10))) struct `A stop and the tools of Resilience` {
    private static let stopped = EmergencyStopped(
        report: StatusReport(name: "A", status: .stop, cause: .listed, reason: "no\u{1B}[2J\nmore", by: "jdoak"))

    @Test func `is never tried again, and thrown as it is`() async {
        let tries = Mutex(0)
        await #expect(throws: EmergencyStopped.self) {
            try await RetryPolicy(maxAttempts: 5).execute {
                tries.withLock { $0 += 1 }
                throw Self.stopped
            }
        }
        #expect(tries.withLock { $0 } == 1)
    }

    @Test func `a workflow that is stopped is not begun again unasked`() async {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let begun = Mutex(0)
        await #expect(throws: EmergencyStopped.self) {
            try await RetryPolicy(maxAttempts: 5).execute {
                try await stop.client.withWorkflow("A") { _ in
                    begun.withLock { $0 += 1 }
                    await stop.set(.stop, for: "A")
                    try await Task.sleep(for: .seconds(600))
                }
            }
        }
        #expect(begun.withLock { $0 } == 1)
    }

    @Test func `is neutral to a breaker, whatever its settings say`() {
        let breaker = CircuitBreaker(.init(countsAsSuccess: { _ in true }))
        #expect(throws: EmergencyStopped.self) { try breaker.execute { throw Self.stopped } }
        #expect(breaker.counts.successes == 0)
        #expect(breaker.counts.failures == 0)
    }

    @Test func `is told in one line that steers no terminal`() {
        #expect("\(Self.stopped)" == "A: stop (listed): no\\u{1B}[2J\\u{A}more, by jdoak")
        #expect("\(Self.stopped.report)" == "\(Self.stopped)")
    }
}
