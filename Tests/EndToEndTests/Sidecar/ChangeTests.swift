import TestSupport
import Testing

@Suite("A change of the stop file", .blocking)
struct ChangeTests {
    @Test("reaches watchers, however the file was written")
    func waysOfWriting() throws {
        try withSidecar { sidecar in
            let one = try sidecar.connect()
            let all = try sidecar.connect()
            _ = try one.ask("watch A")
            _ = try all.askLines("watch") { $0.word == "watching" }
            func expect(_ head: String) throws {
                #expect(try one.line().head == head)
                try all.line(head) { $0.head == head }
            }
            try sidecar.folder.write(#"{"Name":"A","Status":"stop"}"#, to: "es.json")
            try expect("stop A")
            try sidecar.folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            try expect("go A")
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"stop"}"#)
            try expect("stop A")
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"go"}"#)
            try expect("go A")
            try sidecar.folder.append(#"{"Name":"*","Status":"stop","Reason":"all hands"}"#, to: "es.json")
            let line = try one.line()
            #expect(line.text == "stop A\tcause=pattern\treason=all hands\tpattern=*")
            try all.line("the stop of all") { $0 == line }
        }
    }

    @Test("to stop or pause holds long before it has settled; to go it holds only then")
    func deliberateGo() throws {
        // To settle, what was renamed into place needs 3 s.
        try withSidecar(
            file: #"{"Name":"A","Status":"stop"}{"Name":"B","Status":"go"}"#, options: ["--settle-time", "300ms"]
        ) {
            sidecar in
            let client = try sidecar.connect()
            _ = try client.ask("watch A")
            _ = try client.ask("watch B")
            let begin = ContinuousClock.now
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"go"}{"Name":"B","Status":"stop"}"#)
            #expect(try client.line().head == "stop B")
            #expect(try client.line().head == "go A")
            #expect(ContinuousClock.now - begin >= .milliseconds(300), "go has settled")
        }
    }

    @Test("that takes names away, or makes the file malformed or empty, holds only when it has settled")
    func deliberateAbsence() throws {
        try withSidecar(options: ["--settle-time", "200ms"]) { sidecar in
            for (content, cause) in [
                ("", "unlisted"), ("{", "malformed-file"), (#"{"Name":"B","Status":"go"}"#, "unlisted"),
            ] {
                let client = try sidecar.connect()
                #expect(try client.ask("watch A").head == "go A")
                let begin = ContinuousClock.now
                try sidecar.folder.replace("es.json", with: content)
                let line = try client.line()
                #expect(line.head == "stop A")
                #expect(line["cause"] == cause)
                #expect(ContinuousClock.now - begin >= .milliseconds(200))
                try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"go"}"#)
                try sidecar.awaitStatus("go A")
            }
        }
    }

    @Test("in a torn file stops at once what a complete entry of it stops")
    func tornFile() throws {
        try withSidecar(options: ["--settle-time", "1s"]) { sidecar in
            let client = try sidecar.connect()
            _ = try client.ask("watch A")
            // With the writer at work, nothing else of this would settle for 50 s.
            try sidecar.folder.write(#"{"Name":"A","Status":"stop"}{"Name":"B","Sta"#, to: "es.json")
            #expect(try client.line(within: .seconds(40)).text == "stop A\tcause=listed")
        }
    }

    @Test("100 times a second leaves every watcher with the right status in the end, and never a go while it is stop")
    func flapping() throws {
        try withSidecar { sidecar in
            let watchers = try (0..<50).map { _ in try sidecar.connect() }
            for watcher in watchers.dropLast() { _ = try watcher.ask("watch A") }
            _ = try watchers[49].askLines("watch") { $0.word == "watching" }
            let end = ContinuousClock.now + .seconds(3)
            var round = 0
            let pace = ContinuousClock.now
            while ContinuousClock.now < end {
                try sidecar.folder.replace(
                    "es.json", with: #"{"Name":"A","Status":"\#(round % 2 == 0 ? "stop" : "go")"}"#)
                round += 1
                while ContinuousClock.now < pace + .milliseconds(10 * round) { yieldProcessor() }
            }
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"stop","Reason":"the last word"}"#)
            _ = try sidecar.connect().ask("sync")
            for watcher in watchers {
                let lines = try watcher.linesDue().filter { $0.subject == "A" }
                #expect(lines.last?.text == "stop A\tcause=listed\treason=the last word")
            }
            // From here on it is stop: nobody hears of a go any more.
            try throughout(.milliseconds(300), "no more lines") {
                try watchers.allSatisfy { try $0.linesDue().isEmpty }
            }
        }
    }

    @Test("is noticed by the poll alone where nothing tells of it")
    func poll() throws {
        try withTemporaryFolder { folder in
            try folder.makeDirectory("elsewhere")
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "elsewhere/data")
            // A hard link: what changes through the other name is not told of here.
            guard
                try runShell(
                    "ln \"$1\" \"$2\"", folder.path(of: "elsewhere/data"), folder.path(of: "es.json"), in: folder
                )
                .ending == .exited(0)
            else { throw TestFailure("ln") }
            let sidecar = try RunningSidecar(in: folder, options: ["--poll-interval", "200ms"])
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            try sidecar.awaitStatus("go A")
            try folder.write(#"{"Name":"A","Status":"stop"}"#, to: "elsewhere/data")
            try sidecar.awaitStatus("stop A", cause: "listed")
        }
    }
}
