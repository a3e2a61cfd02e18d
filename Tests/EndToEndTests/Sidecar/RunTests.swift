import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Runs", .blocking)
struct RunTests {
    /// The time in `since=`, in seconds since 1970.
    private func seconds(_ since: String) throws -> Double {
        try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(since).timeIntervalSince1970
    }

    private func id(_ digit: Character) -> String { String(repeating: digit, count: 32) }

    @Test("enter answers the status and watches; ps shows the run; leave ends it")
    func enterAndLeave() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            #expect(try client.ask("enter A\trun=\(id("a"))").text == "go A\tcause=listed")
            let lines = try client.askLines("ps")
            #expect(lines.map(\.head) == ["run A", "end 1"])
            let run = lines[0]
            #expect(run["run"] == id("a"))
            #expect(run["pid"] == "\(getpid())")
            #expect(run["uid"] == "\(getuid())")
            #expect(run["comm"]?.isEmpty == false)
            #expect(run["since"]?.hasSuffix("Z") == true)
            #expect(run["status"] == "go")
            #expect(run["lost"] == "no")

            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"stop"}"#)
            #expect(try client.line().head == "stop A")
            #expect(try client.askLines("ps A")[0]["status"] == "stop")
            #expect(try client.ask("leave A\trun=\(id("a"))").text == "left A\trun=\(id("a"))")
            #expect(try client.askLines("ps").map(\.head) == ["end 0"])
            // Leaving again is no mistake: the answer may have been lost.
            #expect(try client.ask("leave A\trun=\(id("a"))").head == "left A")
        }
    }

    @Test("ps shows the runs of a name, or of all that a pattern matches")
    func patterns() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            for (name, digit) in [("Sat1", "1"), ("Sat2", "2"), ("Router", "3"), ("Sat1", "4")] {
                _ = try client.ask("enter \(name)\trun=\(id(Character(digit)))")
            }
            #expect(try client.askLines("ps Sat*").map(\.head) == ["run Sat1", "run Sat2", "run Sat1", "end 3"])
            #expect(try client.askLines("ps Sat1").map(\.head) == ["run Sat1", "run Sat1", "end 2"])
            #expect(try client.askLines("ps Sat").map(\.head) == ["end 0"])
            #expect(try client.askLines("ps *").last?.head == "end 4")
        }
    }

    @Test("are lost with their connection while their process lives, and found when entered again or left")
    func lost() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            do {
                let other = try sidecar.connect()
                _ = try other.ask("enter A\trun=\(id("a"))")
                _ = try other.ask("enter A\trun=\(id("b"))")
                other.halfClose()
                _ = try other.linesToEnd()
            }
            try eventually("that the runs are lost") {
                try client.askLines("ps").dropLast().map { $0["lost"] } == ["yes", "yes"]
            }
            #expect(try client.ask("enter A\trun=\(id("a"))").head == "go A")
            #expect(try client.ask("leave A\trun=\(id("b"))").head == "left A")
            let lines = try client.askLines("ps")
            #expect(lines.map(\.head) == ["run A", "end 1"])
            #expect(lines[0]["lost"] == "no")
            #expect(lines[0]["run"] == id("a"))
        }
    }

    @Test("of a process that is gone are gone too", .enabled(if: hasProgram("socat")))
    func processGone() throws {
        try withSidecar { sidecar in
            // It stays connected, and alive, until it is killed.
            let runner = try SpawnedProcess(
                ["sh", "-c", "exec socat - \"UNIX-CONNECT:$1\"", "sh", sidecar.socket], in: sidecar.folder,
                name: "runner",
                input: try pipeHolding("enter A\trun=\(id("c"))\n")
            )
            defer { runner.destroy() }
            let client = try sidecar.connect()
            try eventually("the run") { try client.askLines("ps").first?.head == "run A" }
            let run = try client.askLines("ps")[0]
            #expect(run["pid"] == "\(runner.pid)")
            #expect(run["comm"] == "socat")
            runner.destroy()
            try eventually("that the run is gone") { try client.askLines("ps").map(\.head) == ["end 0"] }
            #expect(try client.askLines("list").map(\.text).first?.contains("runs=0") == true)
        }
    }

    @Test("that are entered again with their age run since then, and are no younger after a restart of the sidecar")
    func age() throws {
        try withSidecar { sidecar in
            let name = "A\trun=\(id("a"))"
            let before = Date.now.timeIntervalSince1970
            #expect(try sidecar.connect().ask("enter \(name)\tage=86400000").head == "go A")
            let client = try sidecar.connect()
            let since = try #require(try client.askLines("ps")[0]["since"])
            let latest = Date.now.timeIntervalSince1970
            #expect((before - 86_400.002...latest - 86_400).contains(try seconds(since)))
            // Known already, it runs since it did.
            #expect(try client.ask("enter \(name)\tage=5").head == "go A")
            #expect(try client.askLines("ps")[0]["since"] == since)
            #expect(try client.ask("enter \(name)\tage=-5").head == "error enter A")
        }
    }

    @Test("of a client are no younger after a restart of the sidecar")
    func ageAfterRestart() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            func sinceOfRun(_ sidecar: RunningSidecar) throws -> Double {
                var since: String?
                try eventually("the run") {
                    since = try? sidecar.connect().askLines("ps").first { $0["lost"] == "no" }?["since"]
                    return since != nil
                }
                return try seconds(since!)
            }
            let first = try RunningSidecar(in: folder, name: "first")
            defer { first.process.destroy() }
            try first.awaitReadiness()
            let probe = try SpawnedProcess(
                [builtProgram("client-probe"), first.socket, "A"], in: folder, name: "probe"
            )
            defer { probe.destroy() }
            try eventually("its start") { probe.output.contains("started") }
            let before = try sinceOfRun(first)
            #expect(try first.stop() == .exited(0))
            // So long that it would show.
            let gone = ContinuousClock.now
            try eventually("a second") { ContinuousClock.now - gone > .seconds(1) }
            let second = try RunningSidecar(in: folder, name: "second")
            defer { second.process.destroy() }
            let after = try sinceOfRun(second)
            #expect(abs(after - before) < 0.5, "since \(before), then since \(after)")
        }
    }

    @Test("stay lost while a process works on whose first thread has ended")
    func firstThreadEnded() throws {
        try withSidecar { sidecar in
            let probe = try SpawnedProcess(
                [builtProgram("thread-probe"), sidecar.socket, "enter A\trun=\(id("f"))"], in: sidecar.folder,
                name: "probe"
            )
            defer { probe.destroy() }
            let client = try sidecar.connect()
            try eventually("the lost run, and the end of its first thread") {
                try client.askLines("ps")[0]["lost"] == "yes"
                    && textOfFile(at: "/proc/\(probe.pid)/stat").contains(") Z ")
            }
            // Each asking looks at its process.
            #expect(try client.askLines("ps")[0]["pid"] == "\(probe.pid)")
            probe.signal(SIGKILL)
            try eventually("that the run is gone") { try client.askLines("ps").map(\.head) == ["end 0"] }
        }
    }

    @Test("of another user can be neither left nor entered, but by root", .enabled(if: isRoot && hasProgram("setpriv")))
    func foreign() throws {
        try withSidecar(options: ["--socket-mode", "0666"]) { sidecar in
            let client = try sidecar.connect()
            _ = try client.ask("enter A\trun=\(id("d"))")
            for verb in ["enter", "leave"] {
                let result = try runShell(
                    "printf '%s A\\trun=%s\\n' \"$2\" \"$3\" | setpriv --reuid=65534 --clear-groups nc.openbsd -NU \"$1\"",
                    sidecar.socket, verb, id("d"), in: sidecar.folder
                )
                #expect(
                    result.output == "error \(verb) A\texpected=a run of your own; this one is another user's\n",
                    "\(result.errorOutput)"
                )
            }
            #expect(try client.askLines("ps").map(\.head) == ["run A", "end 1"])
        }
    }

    @Test("are of one workflow")
    func otherName() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            _ = try client.ask("enter A\trun=\(id("e"))")
            let answer = try client.ask("enter B\trun=\(id("e"))")
            #expect(answer.head == "error enter B")
            #expect(answer["expected"] == "the name of the run's workflow, which is A")
            #expect(try client.ask("leave B\trun=\(id("e"))").head == "error leave B")
        }
    }

    @Test("may be incomplete in the first 20 s of a sidecar, and ps says so, however often the file is read")
    func complete() async throws {
        let begin = ContinuousClock.now
        try await withGrownSidecar(options: ["--poll-interval", "100ms"]) { sidecar throws in
            #expect(ContinuousClock.now - begin > .seconds(20))
            #expect(try sidecar.connect().askLines("ps")[0].text == "end 0")
        }
    }

    @Test("may be incomplete for a lease where that is longer")
    func completeAfterLease() async throws {
        let begin = ContinuousClock.now
        try await withGrownSidecar(options: ["--poll-interval", "13s"]) { sidecar in
            #expect(ContinuousClock.now - begin > .seconds(26))
        }
    }

    /// The reading end of a pipe in which there is a text, and whose other end stays open.
    private func pipeHolding(_ text: String) throws -> CInt {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TestFailure(systemCall: "pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = write(ends[1], text, text.utf8.count)
        return ends[0]
    }
}
