import Glibc
import TestSupport
import Testing

@Suite("No stop is lost", .blocking)
struct LostStopTests {
    private static func file(_ status: String, _ reason: String, padding: Int) -> String {
        var lines = [#"{"Name":"A","Status":"\#(status)","Reason":"\#(reason)"}"#]
        for number in 0..<padding { lines.append(#"{"Name":"filler-\#(number)","Status":"go"}"#) }
        return lines.joined(separator: "\n")
    }

    /// Has the sidecar owe so much that nothing more goes to this client until it reads.
    private func stall(_ client: LineClient, _ sidecar: RunningSidecar) throws {
        // An answer of more than any socket buffer holds.
        try client.send(bytes: Array(String(repeating: "list\n", count: 40).utf8))
        #expect(try sidecar.status("A").head == "go A")
    }

    @Test("for a reader that does not read, neither of one name nor of all", arguments: ["watch A", "watch"])
    func stalledReader(request: String) throws {
        let padding = 4000
        try withSidecar(file: Self.file("go", "before", padding: padding)) { sidecar in
            let reader = try sidecar.connect()
            _ = try reader.askLines(request) { $0.word == "watching" || $0.subject == "A" && request == "watch A" }
            try stall(reader, sidecar)
            for status in ["stop", "go", "pause", "go"] {
                try sidecar.folder.replace("es.json", with: Self.file(status, "round of \(status)", padding: padding))
                try sidecar.awaitStatus("\(status) A")
                _ = try sidecar.connect().ask("sync")
            }
            try sidecar.folder.replace("es.json", with: Self.file("go", "after", padding: padding))
            _ = try sidecar.connect().ask("sync")
            // What `list` and a push say of A looks alike, but for the counts.
            var told: [String] = []
            try reader.send("ping end")
            try reader.line("the pong") { line in
                if line.subject == "A", line["watchers"] == nil { told.append("\(line.word) \(line["reason"] ?? "")") }
                return line.head == "pong end"
            }
            #expect(told == ["stop round of stop", "go after"])
        }
    }

    @Test("for one who was disconnected: it sees by the revisions that there was a stop")
    func disconnected() throws {
        try withSidecar { sidecar in
            let before = try sidecar.connect()
            let life = try before.ask("hello 1")["instance"]
            let first = try before.ask("watch A")
            #expect(first.keys == ["cause", "rev", "stopped"])
            let seen = try #require(first.number("rev"))
            #expect(try #require(first.number("stopped")) < seen)
            before.halfClose()
            _ = try before.linesToEnd()

            for status in ["stop", "go"] {
                try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"\#(status)"}"#)
                try sidecar.awaitStatus("\(status) A")
                _ = try sidecar.connect().ask("sync")
            }
            let after = try sidecar.connect()
            #expect(try after.ask("hello 1")["instance"] == life)
            let line = try after.ask("watch A")
            #expect(line.head == "go A")
            #expect(try #require(line.number("stopped")) > seen)
            #expect(try #require(line.number("stopped")) < (try #require(line.number("rev"))))

            // A name that nobody watched and that was not stopped is not said to have been.
            let other = try after.ask("status B")
            #expect(other.number("stopped") == other.number("rev"))
        }
    }

    @Test("when the file was missing between, for one who was disconnected")
    func missingBetween() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            _ = try client.ask("hello 1")
            let seen = try #require(try client.ask("status A").number("rev"))
            try sidecar.folder.move("es.json", to: "gone")
            try sidecar.awaitStatus("stop A", cause: "missing-file")
            try sidecar.folder.move("gone", to: "es.json")
            try sidecar.awaitStatus("go A")
            #expect(try #require(try client.ask("status A").number("stopped")) > seen)
        }
    }

    @Test("another life of the sidecar has another name")
    func instance() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            var names: Set<String> = []
            for _ in 0..<3 {
                let sidecar = try RunningSidecar(in: folder)
                defer { sidecar.process.destroy() }
                try sidecar.awaitReadiness()
                names.insert(try #require(try sidecar.connect().ask("hello 1")["instance"]))
                #expect(try sidecar.stop() == .exited(0))
            }
            #expect(names.count == 3)
        }
    }

    @Test("a stalled reader neither delays 200 others nor lives longer than the drain time-out")
    func stalledBesideHealthy() throws {
        let padding = 4000
        try withSidecar(file: Self.file("go", "x", padding: padding), options: ["--drain-timeout", "3s"]) { sidecar in
            let healthy = try (0..<200).map { _ in try sidecar.connect() }
            for client in healthy { _ = try client.ask("watch A") }
            let stalled = try sidecar.connect()
            _ = try stalled.ask("watch A")
            try stall(stalled, sidecar)
            for status in ["stop", "go"] {
                try sidecar.folder.replace("es.json", with: Self.file(status, "y", padding: padding))
                for client in healthy { #expect(try client.line().head == "\(status) A") }
            }
            #expect(try sidecar.information("connections") == "202")
            try eventually("that the stalled one is closed") { try sidecar.information("connections") == "201" }
            try stalled.send(bytes: [])
            _ = try stalled.linesToEnd()
            try sidecar.logLine(with: "closed a connection that did not read what was sent to it")
            for client in healthy { #expect(try client.linesDue().isEmpty) }
        }
    }
}
