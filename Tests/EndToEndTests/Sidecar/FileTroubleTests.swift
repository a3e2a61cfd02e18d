import Glibc
import TestSupport
import Testing

@Suite("Trouble with the stop file", .blocking)
struct FileTroubleTests {
    private static let good = #"{"Name":"A","Status":"go"}"#

    @Test(
        "at the start is served as a stop with its cause, and heals",
        arguments: [
            "missing-file", "malformed-file", "unreadable-file directory", "unreadable-file fifo", "unlisted",
        ])
    func atStart(trouble: String) throws {
        try withTemporaryFolder { folder in
            switch trouble {
            case "malformed-file": try folder.write("{\n  oops", to: "es.json")
            case "unreadable-file directory": try folder.makeDirectory("es.json")
            case "unreadable-file fifo": try folder.makeFIFO("es.json")
            case "unlisted": try folder.write("", to: "es.json")
            default: break
            }
            let sidecar = try RunningSidecar(in: folder)
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            let cause = String(trouble.split(separator: " ")[0])
            let line = try sidecar.status("A")
            #expect(line.head == "stop A")
            #expect(line["cause"] == cause)
            if cause == "malformed-file" { #expect(line["reason"]?.hasPrefix("2:3: error: ") == true, "\(line)") }
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            if trouble.hasSuffix("directory") || trouble.hasSuffix("fifo") { try folder.remove("es.json") }
            try folder.replace("es.json", with: Self.good)
            try watcher.line("go") { $0.head == "go A" }
        }
    }

    @Test(
        "while it serves stops everything with its cause, and heals",
        arguments: [
            "missing-file", "malformed-file", "unreadable-file directory", "unreadable-file fifo", "unlisted",
        ])
    func whileServing(trouble: String) throws {
        try withSidecar { sidecar in
            let folder = sidecar.folder
            let watcher = try sidecar.connect()
            #expect(try watcher.ask("watch A").head == "go A")
            switch trouble {
            case "malformed-file": try folder.replace("es.json", with: "{ oops")
            case "unlisted": try folder.replace("es.json", with: "")
            default: try folder.remove("es.json")
            }
            if trouble.hasSuffix("directory") { try folder.makeDirectory("es.json") }
            if trouble.hasSuffix("fifo") { try folder.makeFIFO("es.json") }
            let cause = String(trouble.split(separator: " ")[0])
            try watcher.line(cause) { $0.head == "stop A" && $0["cause"] == cause }
            if trouble.hasSuffix("directory") || trouble.hasSuffix("fifo") { try folder.remove("es.json") }
            try folder.replace("es.json", with: Self.good)
            try watcher.line("go") { $0.head == "go A" }
        }
    }

    @Test("of a mode that forbids reading is unreadable", .enabled(if: isRoot && hasProgram("setpriv")))
    func unreadable() throws {
        try withTemporaryFolder { folder in
            try folder.write(Self.good, to: "es.json")
            try folder.setMode(0o777, of: "")
            // Root may read everything; without its capability it is as others are.
            let sidecar = try RunningSidecar(
                in: folder, prefix: ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"]
            )
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            try sidecar.awaitStatus("go A")
            try folder.setMode(0, of: "es.json")
            let line = try sidecar.awaitStatus("stop A", cause: "unreadable-file")
            #expect(line["reason"] == "Permission denied")
            try folder.setMode(0o644, of: "es.json")
            try sidecar.awaitStatus("go A")
        }
    }

    @Test("goes with its directory, and heals when that is back")
    func directory() throws {
        try withTemporaryFolder { folder in
            try folder.makeDirectory("d")
            try folder.write(Self.good, to: "d/es.json")
            let sidecar = try SpawnedProcess(
                [
                    RunningSidecar.executable, "--file", folder.path(of: "d/es.json"), "--socket", folder.path(of: "s"),
                    "--settle-time", "10ms", "--poll-interval", "500ms",
                ], in: folder, name: "estopd"
            )
            defer { sidecar.destroy() }
            func awaitStatus(_ head: String, _ cause: String) throws {
                try eventually("\(head) \(cause)") {
                    guard let line = try? LineClient(to: folder.path(of: "s")).ask("status A") else { return false }
                    return line.head == head && line["cause"] == cause
                }
            }
            try awaitStatus("go A", "listed")
            try folder.move("d", to: "e")
            try awaitStatus("stop A", "missing-file")
            try folder.move("e", to: "d")
            try awaitStatus("go A", "listed")
            try folder.remove("d/es.json")
            try folder.remove("d")
            try awaitStatus("stop A", "missing-file")
            try folder.makeDirectory("d")
            try folder.write(#"{"Name":"A","Status":"pause"}"#, to: "d/es.json")
            try awaitStatus("pause A", "listed")
        }
    }

    @Test("of size is refused whole")
    func tooLarge() throws {
        try withSidecar(options: ["--max-file-size", "1000"]) { sidecar in
            try sidecar.awaitStatus("go A")
            try sidecar.folder.replace("es.json", with: Self.good + String(repeating: " ", count: 1000))
            try sidecar.awaitStatus("stop A", cause: "malformed-file")
            try sidecar.folder.replace("es.json", with: Self.good)
            try sidecar.awaitStatus("go A")
        }
    }

    @Test("that keeps it from being read makes all stale, said before anything else after a freeze")
    func staleAfterFreeze() throws {
        try withSidecar(options: ["--poll-interval", "500ms"]) { sidecar in
            let watcher = try sidecar.connect()
            try watcher.send("watch A")
            try watcher.line("go") { $0.head == "go A" }
            for _ in 0..<3 {
                let frozen = ContinuousClock.now
                try sidecar.freeze()
                // Longer than the lease of 1 s: asked now, answered when it goes on.
                try watcher.send("ping frozen")
                try eventually("the lease's end") { ContinuousClock.now - frozen > .milliseconds(1500) }
                sidecar.signal(SIGCONT)
                let first = try watcher.line()
                #expect(first.head == "stop A", "the lapse is told before the answer")
                #expect(first["cause"] == "stale")
                try watcher.line("go") { $0.head == "go A" }
                _ = try watcher.linesDue()
            }
        }
    }

    @Test("is told of as a stop to one who asks first after a freeze, too")
    func firstAnswerAfterFreeze() throws {
        try withSidecar(options: ["--poll-interval", "500ms"]) { sidecar in
            try sidecar.awaitStatus("go A")
            let client = try sidecar.connect()
            let frozen = ContinuousClock.now
            try sidecar.freeze()
            try client.send("hello 1")
            try client.send("status A")
            try eventually("the lease's end") { ContinuousClock.now - frozen > .milliseconds(1500) }
            sidecar.signal(SIGCONT)
            let hello = try client.line()
            #expect(hello.word == "hello")
            let line = try client.line()
            // Either it is still stale, or it is go again and the stop between is on record.
            if line.head == "go A" {
                #expect(try #require(line.number("stopped")) == (try #require(line.number("rev"))) - 1)
            } else {
                #expect(line["cause"] == "stale")
            }
        }
    }
}
