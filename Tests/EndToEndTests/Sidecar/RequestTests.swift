import TestSupport
import Testing

@Suite("Each request of the protocol", .blocking)
struct RequestTests {
    private static let file = """
        {"Name":"A","Status":"go"}
        {"Name":"B","Status":"stop","Reason":"disk 100 %\\nfull","By":"ann","At":"2026-11-23T01:00:00Z"}
        {"Name":"C1","Status":"go"}
        {"Name":"C*","Status":"pause","Reason":"slow down"}
        """

    @Test("status answers the status, its cause and what the operator wrote")
    func status() throws {
        try withSidecar(file: Self.file) { sidecar in
            let client = try sidecar.connect()
            #expect(try client.ask("status A").text == "go A\tcause=listed")
            #expect(
                try client.ask("status B").text
                    == "stop B\tcause=listed\treason=disk 100 %25%0Afull\tby=ann\tat=2026-11-23T01:00:00Z"
            )
            #expect(try client.ask("status C1").text == "pause C1\tcause=pattern\treason=slow down\tpattern=C*")
            #expect(try client.ask("status Unknown Name").text == "stop Unknown Name\tcause=unlisted")
            #expect(try client.ask("status   A  ").text == "go A\tcause=listed")
        }
    }

    @Test("watch answers the status at once and then tells each change")
    func watch() throws {
        try withSidecar(file: Self.file) { sidecar in
            let client = try sidecar.connect()
            #expect(try client.ask("watch A").text == "go A\tcause=listed")
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"stop","Reason":"fire"}"#)
            #expect(try client.line().text == "stop A\tcause=listed\treason=fire")
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"go"}"#)
            #expect(try client.line().text == "go A\tcause=listed")
        }
    }

    @Test("watch without a name answers each entry and their number, and then tells each change of any")
    func watchAll() throws {
        try withSidecar(file: Self.file) { sidecar in
            let client = try sidecar.connect()
            let lines = try client.askLines("watch") { $0.word == "watching" }
            #expect(lines.map(\.head) == ["go A", "stop B", "pause C1", "pause C*", "watching 4"])
            try sidecar.folder.append(#"{"Name":"A","Status":"pause"}"#, to: "es.json")
            #expect(try client.line().text == "pause A\tcause=listed")
            try sidecar.folder.append(#"{"Name":"D","Status":"stop"}"#, to: "es.json")
            try client.line("the new entry") { $0.head == "stop D" && $0["cause"] == "listed" }
        }
    }

    @Test("unwatch ends the watch of a name")
    func unwatch() throws {
        try withSidecar(file: Self.file) { sidecar in
            let client = try sidecar.connect()
            _ = try client.ask("watch A")
            #expect(try client.ask("unwatch A").text == "unwatched A")
            #expect(try client.ask("unwatch Never").text == "unwatched Never")
            try sidecar.folder.append(#"{"Name":"A","Status":"stop"}"#, to: "es.json")
            try sidecar.awaitStatus("stop A")
            #expect(try client.linesDue().isEmpty)
        }
    }

    @Test("list answers each entry with its watchers and runs, and names without an entry that are watched or run")
    func list() throws {
        try withSidecar(file: Self.file) { sidecar in
            let client = try sidecar.connect()
            let other = try sidecar.connect()
            _ = try client.ask("watch A")
            _ = try other.ask("watch A")
            _ = try other.ask("watch Ghost")
            _ = try other.ask("enter B\trun=\(String(repeating: "a", count: 32))")
            let lines = try client.askLines("list")
            #expect(
                lines.map(\.text) == [
                    "go A\tcause=listed\twatchers=2\truns=0",
                    "stop B\tcause=listed\treason=disk 100 %25%0Afull\tby=ann\tat=2026-11-23T01:00:00Z\twatchers=1\truns=1",
                    "pause C1\tcause=pattern\treason=slow down\tpattern=C*\twatchers=0\truns=0",
                    "pause C*\tcause=listed\treason=slow down\tpattern=C*\trestrains=pause\twatchers=0\truns=0",
                    "stop Ghost\tcause=unlisted\twatchers=1\truns=0",
                    "end 5",
                ]
            )
        }
    }

    @Test("ping answers its token with what is left of the lease")
    func ping() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            let pong = try client.ask("ping 1 2 three")
            #expect(pong.head == "pong 1 2 three")
            #expect(pong.keys == ["ttl"])
            // Verified at most a poll interval and a start ago, of twice that.
            #expect((1...20_000).contains(try #require(pong.number("ttl"))))
        }
    }

    @Test("a ping's answer comes after every update that was due before it")
    func pingOrder() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            _ = try client.ask("watch A")
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"stop"}"#)
            // Another connection has heard of it, so it was due here as well.
            try sidecar.awaitStatus("stop A")
            #expect(try client.linesDue().map(\.head) == ["stop A"])
        }
    }

    @Test("sync is answered when the file as it is now has settled and holds")
    func sync() throws {
        try withSidecar(options: ["--settle-time", "50ms"]) { sidecar in
            let client = try sidecar.connect()
            for round in 0..<5 {
                let status = round.isMultiple(of: 2) ? "pause" : "go"
                try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"\#(status)"}"#)
                let synced = try client.ask("sync")
                #expect(synced.word == "synced")
                let revision = try #require(Int(synced.subject))
                _ = try client.ask("hello 1")
                let line = try client.ask("status A")
                #expect(line.head == "\(status) A")
                #expect(line.number("rev") == revision)
            }
        }
    }

    @Test("info names what runs here and on what")
    func info() throws {
        try withSidecar(file: Self.file, options: ["--poll-interval", "7s"]) { sidecar in
            let lines = try sidecar.connect().askLines("info")
            let facts = Dictionary(lines.dropLast().map { ($0.subject, $0["value"] ?? "") }) { first, _ in first }
            #expect(lines.last?.text == "end \(lines.count - 1)")
            #expect(lines.dropLast().allSatisfy { $0.word == "info" })
            #expect(facts["file"] == sidecar.file)
            #expect(facts["socket"] == sidecar.socket)
            #expect(facts["pid"] == "\(sidecar.process.pid)")
            #expect(facts["condition"] == "readable")
            #expect(facts["entries"] == "4")
            #expect(facts["patterns"] == "1")
            #expect(facts["poll-interval-ms"] == "7000")
            #expect(facts["file-sha256"]?.count == 64)
            #expect(facts["instance"]?.count == 32)
        }
    }

    @Test("info counts the connections, its own too, and says that inotify is up once it is")
    func connections() throws {
        try withSidecar { sidecar in
            try eventually("inotify") { try sidecar.information("inotify") == "up" }
            let other = try sidecar.connect()
            // One of before may not be gone yet.
            try eventually("two connections") { try sidecar.information("connections") == "2" }
            _ = try other.ask("ping x")
        }
    }

    @Test("history tells the changes, oldest first, with who owns the file and what it was")
    func history() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"stop","Reason":"fire","By":"ann"}"#)
            try sidecar.awaitStatus("stop A")
            _ = try client.ask("sync")
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"go"}"#)
            try sidecar.awaitStatus("go A")
            let lines = try client.askLines("history")
            #expect(lines.last?.text == "end \(lines.count - 1)")
            #expect(lines.first?.head == "file readable")
            #expect(lines.first?["old"] == "stale")
            let changes = lines.filter { $0.word == "change" }
            #expect(changes.map(\.subject) == ["A", "A"])
            #expect(changes.map { $0["old"] } == ["go", "stop"])
            #expect(changes.map { $0["new"] } == ["stop", "go"])
            #expect(changes.first?["reason"] == "fire")
            #expect(changes.first?["by"] == "ann")
            #expect(changes.allSatisfy { $0["time"]?.hasSuffix("Z") == true })
            // The stop acted before it had settled, so it is the line of the file that tells what was in force then.
            let files = lines.filter { $0.head == "file readable" }
            #expect(files.count == 3 && files[0]["sha256"] != files[1]["sha256"])
            for record in files + changes.suffix(1) {
                #expect(record["sha256"]?.count == 64)
                #expect(record["owner"] != nil)
                #expect(record["inode"] != nil)
            }
        }
    }

    @Test("hello answers the version of the protocol and the name of this life of the sidecar")
    func hello() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            let hello = try client.ask("hello 1")
            #expect(hello.head == "hello 1")
            #expect(hello.keys == ["instance", "version"])
            #expect(hello["instance"]?.count == 32)
            #expect(try sidecar.connect().ask("hello 1")["instance"] == hello["instance"])
        }
    }
}
