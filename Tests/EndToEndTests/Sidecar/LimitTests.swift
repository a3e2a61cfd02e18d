import Glibc
import TestSupport
import Testing

@Suite("Limits", .blocking)
struct LimitTests {
    /// Connects until the sidecar refuses, and gives the ones that it took with the line of the refusal.
    private func connectUntilRefused(_ sidecar: RunningSidecar, most: Int = 1000) throws -> ([LineClient], ReplyLine) {
        var taken: [LineClient] = []
        while taken.count < most {
            let client = try sidecar.connect()
            // A refused one may be closed before this is sent.
            _ = client.sendWithoutWaiting(Array("ping x\n".utf8))
            let line = try client.line()
            if line.word == "error" {
                #expect(try client.linesToEnd().isEmpty)
                return (taken, line)
            }
            taken.append(client)
        }
        throw TestFailure("nothing was refused")
    }

    @Test("of connections refuse with a line, and let in again when one has closed", .enabled(if: isRoot))
    func connections() throws {
        try withSidecar(options: ["--max-connections", "20"]) { sidecar in
            try eventually("that only this one is connected") { try sidecar.information("connections") == "1" }
            var taken: [LineClient] = []
            var refusal: ReplyLine?
            try eventually("a refusal at 20") {
                let (clients, line) = try connectUntilRefused(sidecar)
                taken = clients
                refusal = line
                return taken.count == 20
            }
            #expect(refusal?.head == "error connect")
            #expect(refusal?["expected"]?.hasPrefix("fewer than 20 connections in all") == true)
            for client in taken { #expect(try client.ask("ping y").head == "pong y") }
            taken.removeLast()
            try eventually("room for another") {
                let client = try sidecar.connect()
                _ = client.sendWithoutWaiting(Array("ping x\n".utf8))
                return try client.line().head == "pong x"
            }
            #expect(
                try taken[0].askLines("metrics") { $0.text == "# EOF" }.contains {
                    $0.text.hasPrefix(#"estop_connections_rejected_total{reason="connections"}"#)
                })
        }
    }

    @Test(
        "of connections of one user, and those kept for root, hold for others and not for root",
        .enabled(if: isRoot && hasProgram("setpriv") && hasProgram("socat"))
    )
    func users() throws {
        try withSidecar(
            options: [
                "--max-connections", "12", "--reserved-connections", "4", "--max-connections-per-user", "3",
                "--socket-mode", "0666",
            ]
        ) { sidecar in
            func stranger(_ uid: Int, _ number: Int, isRefused: Bool) throws -> SpawnedProcess {
                // One that is refused only reads: to write to a closed connection would end it before it has read.
                let talk =
                    isRefused
                    ? "exec socat -u \"UNIX-CONNECT:$1\" -"
                    : "{ echo ping x; exec cat; } | socat - \"UNIX-CONNECT:$1\""
                return
                    try SpawnedProcess(
                        [
                            "setpriv", "--reuid=\(uid)", "--clear-groups", "sh", "-c",
                            talk, "sh", sidecar.socket,
                        ], in: sidecar.folder, name: "stranger-\(uid)-\(number)", input: try openPipe()
                    )
            }
            var strangers: [SpawnedProcess] = []
            defer { for stranger in strangers { stranger.destroy() } }
            func come(_ uid: Int, _ number: Int, isRefused: Bool = false) throws -> String {
                let process = try stranger(uid, number, isRefused: isRefused)
                strangers.append(process)
                try eventually("an answer") { !process.output.isEmpty }
                return process.output
            }
            for number in 0..<3 { #expect(try come(60_001, number).hasPrefix("pong x\t")) }
            #expect(
                try come(60_001, 3, isRefused: true).hasPrefix(
                    "error connect\texpected=fewer than 3 connections of user 60001"))
            for number in 0..<3 { #expect(try come(60_002, number).hasPrefix("pong x\t")) }
            for number in 0..<2 { #expect(try come(60_003, number).hasPrefix("pong x\t")) }
            // Eight are taken; the last four are for root.
            #expect(
                try come(60_003, 2, isRefused: true).hasPrefix(
                    "error connect\texpected=fewer than 8 connections in all"))
            let (own, refusal) = try connectUntilRefused(sidecar)
            #expect(own.count == 4)
            #expect(refusal["expected"]?.hasPrefix("fewer than 12 connections in all") == true)
        }
    }

    @Test("of watches and runs of a connection refuse with a line and take nothing away")
    func watches() throws {
        try withSidecar(options: ["--max-watches", "3"]) { sidecar in
            let client = try sidecar.connect()
            for name in ["A", "B", "C", "A"] { #expect(try client.ask("watch \(name)").subject == name) }
            let refusal = try client.ask("watch D")
            #expect(refusal.text == "error watch D\texpected=at most 3 watched names; end some, or raise --max-watches")
            #expect(try client.ask("unwatch B").head == "unwatched B")
            #expect(try client.ask("watch D").head == "stop D")
            for digit in ["1", "2", "3"] {
                #expect(try client.ask("enter A\trun=\(String(repeating: digit, count: 32))").head == "go A")
            }
            #expect(try client.ask("enter A\trun=\(String(repeating: "4", count: 32))").head == "error enter A")
            #expect(try sidecar.connect().ask("watch E").head == "stop E")
        }
    }

    @Test("of all connections of one user refuse with a line, whichever connection asks, and give back what has ended")
    func ofOneUser() throws {
        func refusal(_ what: String, _ option: String) -> String {
            "at most 1 \(what) of user \(getuid()); end some, or raise \(option)"
        }
        func run(_ digit: String) -> String { String(repeating: digit, count: 32) }
        let options = ["--max-watches-per-user", "1", "--max-syncs-per-user", "1", "--settle-time", "300ms"]
        try withSidecar(options: options, environment: ["ESTOP_MAX_RUNS_PER_USER": "1"]) { sidecar in
            let (one, other) = (try sidecar.connect(), try sidecar.connect())
            #expect(try one.ask("enter A\trun=\(run("1"))").head == "go A")
            let watch = try other.ask("watch A")
            #expect(watch.head == "error watch A")
            #expect(watch["expected"] == refusal("watched names", "--max-watches-per-user"))
            #expect(try one.ask("enter A\trun=\(run("2"))")["expected"] == refusal("runs", "--max-runs-per-user"))
            #expect(try one.ask("leave A\trun=\(run("1"))").head == "left A")
            #expect(try one.ask("enter A\trun=\(run("2"))").head == "go A")
            #expect(try one.ask("unwatch A").head == "unwatched A")
            #expect(try other.ask("watch A").head == "go A")

            // A read that is asked for now is over when this has settled.
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"pause"}"#)
            try one.send("sync\nsync")
            let line = try one.line("the refusal") { $0.word == "error" }
            #expect(line["expected"] == refusal("unanswered sync requests", "--max-syncs-per-user"))
            try one.line("the answer") { $0.word == "synced" }
            #expect(try sidecar.connect().ask("sync").word == "synced")
        }
    }

    @Test("of unanswered sync requests refuse with a line")
    func syncs() throws {
        try withSidecar(options: ["--settle-time", "300ms"]) { sidecar in
            let client = try sidecar.connect()
            try client.send(bytes: Array(String(repeating: "sync\n", count: 70).utf8))
            let lines = try (0..<70).map { _ in try client.line() }
            #expect(lines.filter { $0.word == "synced" }.count >= 64)
            #expect(
                lines.filter { $0.word == "error" }.allSatisfy {
                    $0["expected"] == "at most 64 unanswered sync requests"
                })
        }
    }

    @Test("of a line can be set")
    func lineLength() throws {
        try withSidecar(options: ["--max-line-length", "320"]) { sidecar in
            let client = try sidecar.connect()
            #expect(try client.ask(String(repeating: "x", count: 320)).word == "error")
            #expect(
                try client.ask(String(repeating: "x", count: 321))["expected"]?.hasPrefix("lines of at most 320 bytes")
                    == true)
            #expect(try client.linesToEnd().isEmpty)
        }
    }

    @Test("of the history and of what is logged hold")
    func history() throws {
        try withSidecar(options: ["--history-length", "3"]) { sidecar in
            for status in ["stop", "go", "pause", "stop", "go"] {
                try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"\#(status)"}"#)
                try sidecar.awaitStatus("\(status) A")
                _ = try sidecar.connect().ask("sync")
            }
            let lines = try sidecar.connect().askLines("history")
            #expect(lines.count == 4)
            #expect(lines.last?.text == "end 3")
            #expect(lines[2]["new"] == "go")
        }
    }

    @Test("of descriptors refuse new connections with a line, leave the old ones alone, and heal")
    func descriptors() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            // The sidecar keeps back what it needs; here others need more than it thinks.
            let sidecar = try RunningSidecar(
                in: folder, options: ["--poll-interval", "1s"],
                prefix: ["sh", "-c", "ulimit -n 100 && exec \"$@\"", "sh"]
            )
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            try sidecar.logLine(with: "fewer connections than configured")
            try limit(sidecar, to: 40)
            var (taken, refusal) = try connectUntilRefused(sidecar)
            #expect(refusal.text.hasPrefix("error connect\texpected=a free file descriptor"))
            #expect(try sidecar.logLine(with: "refused a connection").contains("a free file descriptor"))
            // Nothing stops meanwhile, and a stop gets through, as the file is read on a descriptor kept for it.
            for client in taken { #expect(try client.ask("status A").head == "go A") }
            try folder.replace("es.json", with: #"{"Name":"A","Status":"stop"}"#)
            try watcher.line("the stop") { $0.head == "stop A" && $0["cause"] == "listed" }
            // Several are refused at once. A descriptor is free whenever the reader has just closed the file, so one
            // or the other of them may be let in: each asks for something, that none waits in vain.
            let crowd = try (0..<50).map { _ in try sidecar.connect() }
            for client in crowd { _ = client.sendWithoutWaiting(Array("ping x\n".utf8)) }
            let answers = try crowd.map { try $0.line() }
            #expect(answers.allSatisfy { $0.text.hasPrefix("error connect") || $0.head == "pong x" })
            #expect(answers.count { $0.word == "error" } >= 40)
            taken.removeAll()
            try eventually("that it takes connections again") {
                let client = try sidecar.connect()
                _ = client.sendWithoutWaiting(Array("ping x\n".utf8))
                return try client.line().head == "pong x"
            }
            #expect(try watcher.linesDue().allSatisfy { $0.subject == "A" })
        }
    }

    @Test("of descriptors that undercut even the reserve cost it nothing: it is complete before anyone is let in")
    func lostReserve() throws {
        // Nothing is read unless something changes.
        try withSidecar(options: ["--poll-interval", "60s"]) { sidecar in
            func open() -> [Int] { namesInDirectory("/proc/\(sidecar.process.pid)/fd").compactMap(Int.init) }
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            // Room for a few, so that there is something to give back.
            let most = try #require(open().max()) + 1 + 4
            try limit(sidecar, to: most)
            var (taken, _) = try connectUntilRefused(sidecar)
            #expect(taken.count >= 4)
            try eventually("that the reserve is complete") { open().count == most }
            // Whatever is given up now, nothing can be opened with it: not the file, not a connection.
            try limit(sidecar, to: 3)
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"stop"}"#)
            sidecar.signal(SIGHUP)
            try sidecar.logLine(with: "could not read")
            let crowd = try (0..<5).map { _ in try sidecar.connect() }
            for client in crowd { _ = client.sendWithoutWaiting(Array("ping x\n".utf8)) }
            try eventually("that the reserve is lost") { open().count < most }
            #expect(try watcher.linesDue().isEmpty)
            // Now only the reserve can be had, and it goes to nobody else.
            try limit(sidecar, to: most)
            for client in crowd { #expect(try client.line().text.hasPrefix("error connect\texpected=a free file")) }
            try watcher.line("the stop") { $0.head == "stop A" && $0["cause"] == "listed" }
            taken.removeAll()
            try eventually("that it takes connections again") {
                let client = try sidecar.connect()
                _ = client.sendWithoutWaiting(Array("ping x\n".utf8))
                return try client.line().head == "pong x"
            }
        }
    }

    /// Sets how many descriptors the sidecar may have, and leaves it at liberty to be allowed more again.
    private func limit(_ sidecar: RunningSidecar, to descriptors: Int) throws {
        let result = try run(
            ["prlimit", "--pid", "\(sidecar.process.pid)", "--nofile=\(descriptors):"], in: sidecar.folder
        )
        #expect(result.ending == .exited(0), "\(result.errorOutput)")
    }

    private func openPipe() throws -> CInt {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TestFailure(systemCall: "pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return ends[0]
    }
}
