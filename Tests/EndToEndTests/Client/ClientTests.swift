import Dispatch
import EmergencyStop
import Foundation
import Logging
import Synchronization
import Testing

/// A client and the real sidecar. Nothing sleeps for a fixed time: each test waits for what it is about, and the
/// limit only ends one that has failed.
@Suite(.timeLimit(.minutes(10))) struct `With the real sidecar` {
    @Test func `a workflow is told go, pause and stop, and why`() async throws {
        let host = try Host(["A": "go", "B": "pause"])
        try host.startSidecar()
        try await withEmergencyStopClient(host.configuration) { estop in
            #expect(await estop.status("A") == .go)
            #expect(await estop.status("B") == .pause)
            let report = await estop.report("C")
            #expect(report.status == .stop)
            #expect(report.cause == .unlisted)
            var changes = estop.changes("A").makeAsyncIterator()
            #expect(await changes.next()?.status == .go)
            try host.write(["A": "stop"])
            let stop = await changes.next()
            #expect(stop?.status == .stop)
            #expect(stop?.reason == "told so")
            #expect(await estop.status("A") == .stop)
        }
    }

    @Test func `a stop cancels a body, which throws also if the body returns`() async throws {
        let host = try Host()
        try host.startSidecar()
        try await withEmergencyStopClient(host.configuration) { estop in
            let error = await #expect(throws: EmergencyStopped.self) {
                try await estop.withWorkflow("A") { run in
                    try host.write(["A": "stop"])
                    try? await Task.sleep(for: .seconds(60))
                    #expect(Task.isCancelled)
                    // The name turns to go again; the run stays stopped.
                    try host.write(["A": "go"])
                    // In a task of its own, as this one is cancelled.
                    let going = Task.detached {
                        for await report in estop.changes("A") where report.status == .go { break }
                    }
                    await going.value
                    #expect(run.status == .stop)
                }
            }
            #expect(error?.report.cause == .listed)
            #expect(error?.report.reason == "told so")
        }
    }

    @Test func `a logger that hangs keeps a stop from nobody`() async throws {
        let host = try Host()
        try host.startSidecar()
        let gate = DispatchSemaphore(value: 0)
        defer { gate.signal() }
        let logger = Logger(label: "held") { _ in HeldLogHandler(gate) }
        let client = try EmergencyStopClient(configuration: host.configuration, logger: logger)
        let running = Task { await client.run() }
        defer { running.cancel() }
        // A busy pool may be late to begin to run it.
        while await client.status("A") != .go {}
        let error = await #expect(throws: EmergencyStopped.self) {
            try await client.withWorkflow("A") { _ in
                // The note of the connection is being written, and will be for as long as the test lasts.
                try host.write(["A": "stop"])
                try await Task.sleep(for: .seconds(3_600))
            }
        }
        #expect(error?.report.cause == .listed, "\(error as Any)")
    }

    @Test func `a paused run holds at its checkpoint and goes on with go`() async throws {
        let host = try Host()
        try host.startSidecar()
        try await withEmergencyStopClient(host.configuration) { estop in
            try await estop.withWorkflow("A") { run in
                try host.write(["A": "pause"])
                while run.status == .go { await Task.yield() }
                #expect(run.status == .pause)
                async let passed: Void = run.checkpoint()
                try host.write(["A": "go"])
                try await passed
                #expect(run.status == .go)
            }
        }
    }

    @Test func `a body that never suspends is cancelled on its caller's actor`() async throws {
        let host = try Host()
        try host.startSidecar()
        let configuration = host.configuration
        let file = Writer(host)
        try await withEmergencyStopClient(configuration) { estop in
            _ = await #expect(throws: EmergencyStopped.self) {
                try await busy(estop, file)
            }
        }
    }

    @MainActor private func busy(_ estop: EmergencyStopClient, _ file: Writer) async throws {
        let turns = Turns()
        try await estop.withWorkflow("A") { _ in
            try file.write(["A": "stop"])
            repeat { turns.count += 1 } while !Task.isCancelled
        }
    }

    @Test func `killed and back within the lease, the sidecar stops nobody, and a stop made meanwhile arrives`()
        async throws
    {
        // That another is stopped is nothing to the run.
        let host = try Host(["A": "go", "B": "stop"])
        try host.startSidecar()
        try await withEmergencyStopClient(host.configuration) { estop in
            let error = await #expect(throws: EmergencyStopped.self) {
                try await estop.withWorkflow("A") { run in
                    for _ in 0..<2 {
                        host.signalSidecar(SIGKILL)
                        #expect(run.status == .go)
                        try host.startSidecar()
                        // Somebody who asks for the first time waits for the sidecar to be back.
                        #expect(await estop.report("new \(UInt32.random(in: 0...9999))").cause == .unlisted)
                        #expect(run.status == .go)
                    }
                    host.signalSidecar(SIGKILL)
                    try host.write(["A": "stop"])
                    try host.startSidecar()
                    try await Task.sleep(for: .seconds(60))
                }
            }
            #expect(error?.report.cause == .listed)
        }
    }

    @Test(arguments: [SIGKILL, SIGSTOP])
    func `without the sidecar everything stops within the lease and a second`(_ signal: Int32) async throws {
        let host = try Host()
        try host.startSidecar()
        try await withEmergencyStopClient(host.configuration) { estop in
            let stoppedAfter = Mutex<Duration?>(nil)
            let error = await #expect(throws: EmergencyStopped.self) {
                try await estop.withWorkflow("A") { run in
                    // Before it, as to see a process end takes time as well.
                    let start = ContinuousClock.now
                    host.signalSidecar(signal)
                    // Looked at from a thread: when the body's task is resumed is the business of a pool that other
                    // tests keep busy, and the promise is about what is answered.
                    Thread.detachNewThread {
                        while run.status == .go { usleep(1000) }
                        stoppedAfter.withLock { $0 = .now - start }
                    }
                    try await Task.sleep(for: .seconds(120))
                }
            }
            while stoppedAfter.withLock({ $0 }) == nil { await Task.yield() }
            let after = try #require(stoppedAfter.withLock { $0 })
            #expect(after < .seconds(11))
            // One ping interval has passed at the most since the last proof of life.
            #expect(after > .seconds(7))
            #expect(error?.report.cause == .unreachable)
            #expect(error?.underlying is CancellationError)
        }
    }

    @Test func `frozen past its lease and resumed, a client reads stop first`() async throws {
        let host = try Host()
        try host.startSidecar()
        var lines = Lines()
        let probe = try host.start("client-probe", [host.socket, "A", "read"], output: lines.output)
        #expect(await lines.first("started") != nil)
        kill(probe.processIdentifier, SIGSTOP)
        // The lease has to end, and it is ten seconds long.
        try await Task.sleep(for: .seconds(10.5))
        kill(probe.processIdentifier, SIGCONT)
        #expect(await lines.first("read") == "read: stop unreachable")
        #expect(await lines.first("ended")?.contains("stop (unreachable)") == true)
    }

    @Test func `with its socket removed a client goes on, until it has to connect anew`() async throws {
        let host = try Host()
        try host.startSidecar()
        try await withEmergencyStopClient(host.configuration) { estop in
            #expect(await estop.status("A") == .go)
            try FileManager.default.removeItem(atPath: host.socket)
            try host.write(["A": "stop"])
            for await report in estop.changes("A") where report.status == .stop { break }
            #expect(await estop.report("A").cause == .listed)
        }
    }

    @Test func `a file that flaps loses no stop`() async throws {
        let host = try Host()
        try host.startSidecar()
        let file = Writer(host)
        try await withEmergencyStopClient(host.configuration) { estop in
            #expect(await estop.status("A") == .go)
            let flapping = Task {
                for _ in 0..<100 {
                    try file.write(["A": "stop"])
                    try file.write(["A": "go"])
                }
            }
            // Each run that starts meanwhile is stopped, or ends under a go that settled.
            for await report in estop.changes("A") where report.status == .stop { break }
            try await flapping.value
            for await report in estop.changes("A") where report.status == .go { break }
            #expect(await estop.status("A") == .go)
        }
    }

    // So many disks that the stop comes first, however slow the machine is.
    @Test(arguments: [[], ["--work", "--disks", "10000"]])
    func `the demonstration of the talk ends with exit status 75 at a stop`(_ arguments: [String]) async throws {
        let host = try Host(["SatelliteDiskErase": "go"])
        try host.startSidecar()
        var lines = Lines()
        let demonstration = try host.start(
            "satellite-disk-erase", ["--socket", host.socket, "--pace", "50"] + arguments, output: lines.output
        )
        #expect(await lines.first("happily erasing disk 2") != nil)
        try host.write(["SatelliteDiskErase": "stop"])
        let stopped = await lines.first("emergency stop is in effect")
        #expect(stopped == "emergency stop is in effect: SatelliteDiskErase: stop (listed): told so")
        demonstration.waitUntilExit()
        #expect(demonstration.terminationStatus == 75)
    }

    @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0), arguments: [false, true])
    func `a sidecar of a stranger is none, unless the stranger is trusted`(isActivated: Bool) async throws {
        let stranger = UInt32(65_534)
        let host = try Host()
        // An activated socket shows root until the service has called listen again, and the service from then on.
        if isActivated {
            try host.startActivatedSidecar(as: stranger)
        } else {
            try host.startSidecar(as: stranger)
        }
        var configuration = host.configuration
        configuration.trustedUserIDs = [stranger]
        try await withEmergencyStopClient(configuration) { estop in
            #expect(await estop.status("A") == .go)
        }
        configuration.trustedUserIDs = []
        configuration.firstAnswerTimeout = .seconds(1)
        try await withEmergencyStopClient(configuration) { estop in
            let report = await estop.report("A")
            #expect(report.cause == .unreachable)
            #expect(report.reason?.contains("belongs to user 65534") == true)
        }
    }

    @Test func `without a sidecar it says what to do`() async throws {
        let host = try Host()
        var configuration = host.configuration
        configuration.firstAnswerTimeout = .milliseconds(200)
        try await withEmergencyStopClient(configuration) { estop in
            let report = await estop.report("A")
            #expect(report.status == .stop)
            #expect(report.reason?.hasPrefix("no sidecar at \(host.socket): is estopd running?") == true)
        }
    }
}

/// Writes a host's stop file from any task.
private struct Writer: Sendable {
    let directory: URL

    init(_ host: Host) {
        directory = host.directory
    }

    func write(_ statuses: [String: String]) throws {
        let entries = statuses.map { #"{"Name": "\#($0)", "Status": "\#($1)", "Reason": "told so"}"# }
        let temporary = directory.appendingPathComponent("es.json.\(UInt32.random(in: 0...UInt32.max))")
        try Data(entries.joined(separator: "\n").utf8).write(to: temporary)
        guard rename(temporary.path, directory.appendingPathComponent("es.json").path) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }
}

/// Something that an actor owns.
private final class Turns {
    var count = 0
}

/// A log that takes nothing until the gate opens, as a full pipe does.
private struct HeldLogHandler: LogHandler {
    let gate: DispatchSemaphore
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ gate: DispatchSemaphore) {
        self.gate = gate
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        gate.wait()
        gate.signal()
    }
}
