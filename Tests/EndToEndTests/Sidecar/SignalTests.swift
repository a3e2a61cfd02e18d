import Glibc
import TestSupport
import Testing

@Suite("Signals", .blocking)
struct SignalTests {
    @Test(
        "SIGTERM and SIGINT end the sidecar with 0 within a second, with clients connected",
        arguments: [SIGTERM, SIGINT])
    func ending(signal: Int32) throws {
        try withSidecar { sidecar in
            let clients = try (0..<50).map { _ in try sidecar.connect() }
            for client in clients { _ = try client.ask("watch A") }
            // One of them does not read what it is sent.
            try clients[0].send(bytes: Array(String(repeating: "metrics\n", count: 500).utf8))
            _ = try clients[1].linesDue()
            let begin = ContinuousClock.now
            sidecar.signal(signal)
            #expect(try sidecar.process.wait() == .exited(0))
            // A second on an idle machine; this one may be busy.
            #expect(ContinuousClock.now - begin < .seconds(10))
            for client in clients.dropFirst() { #expect(try client.linesToEnd().isEmpty) }
            #expect(sidecar.log.contains("stopped"))
            // What others print, the event loop say, is not in the form of the log.
            #expect(sidecar.log.split(separator: "\n").allSatisfy { $0.hasPrefix("20") }, "\(sidecar.log)")
        }
    }

    @Test(
        "SIGTERM ends the sidecar also before the first read has settled, and so does a second signal",
        arguments: [1, 2])
    func earlyEnd(signals: Int) throws {
        try withTemporaryFolder { folder in
            let sidecar = try RunningSidecar(in: folder, options: ["--settle-time", "60s", "--poll-interval", "600s"])
            defer { sidecar.process.destroy() }
            try eventually("the socket") { (try? sidecar.connect()) != nil }
            let waiting = try sidecar.connect()
            try waiting.send("status A")
            for _ in 0..<signals { sidecar.signal(SIGTERM) }
            #expect(try sidecar.process.wait() == .exited(0))
            #expect(try waiting.linesToEnd().isEmpty)
        }
    }

    @Test("SIGHUP has the file read at once")
    func reload() throws {
        try withSidecar(options: ["--poll-interval", "600s"]) { sidecar in
            #expect(try metric(sidecar, #"estop_reads_total{trigger="request"}"#) == 0)
            sidecar.signal(SIGHUP)
            try eventually("a read") { try metric(sidecar, #"estop_reads_total{trigger="request"}"#) >= 1 }
            try sidecar.logLine(with: "as SIGHUP asks")
            #expect(try sidecar.status("A").head == "go A")
        }
    }

    @Test("SIGHUP never ends the sidecar, however early it comes", arguments: 0..<10)
    func earlyReload(delay: Int) throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            let sidecar = try RunningSidecar(in: folder)
            defer { sidecar.process.destroy() }
            // The lock is the first that can be seen of it from outside.
            try eventually("the lock") { folder.exists("s.lock") }
            for _ in 0..<(50 * delay) { yieldThread() }
            sidecar.signal(SIGHUP)
            try sidecar.awaitReadiness()
            #expect(try sidecar.status("A").head == "go A")
        }
    }

    @Test("SIGPIPE never ends the sidecar: peers go away in the middle of answers")
    func brokenPipes() throws {
        let file = (0..<5000).map { #"{"Name":"workflow-\#($0)","Status":"go"}"# }.joined(separator: "\n")
        try withSidecar(file: file) { sidecar in
            for _ in 0..<50 {
                let client = try sidecar.connect()
                try client.send("list")
                _ = try client.line()
            }
            #expect(try sidecar.status("workflow-1").head == "go workflow-1")
            try eventually("that all are gone") { try sidecar.information("connections") == "1" }
        }
    }

    private func metric(_ sidecar: RunningSidecar, _ name: String) throws -> Int {
        let lines = try sidecar.connect().askLines("metrics") { $0.text == "# EOF" }
        let line = lines.first { $0.text.hasPrefix(name) }
        return Int(line?.text.split(separator: " ").last ?? "") ?? -1
    }
}
