import Glibc
import TestSupport
import Testing

/// A host of a fleet: the real sidecar with the real files. A poll of the fleet file comes after 150 s, so what is told
/// within a test was heard.
@Suite("The fleet", .blocking)
struct FleetTests {
    private static let stopA = #"{"Name":"A","Status":"stop","Reason":"INC-4711","By":"ada","At":"now"}"#

    @Test("a stop of the fleet is told at once, with its reasons, and so is its release")
    func stopAndRelease() throws {
        try withFleet { sidecar in
            let watcher = try sidecar.connect()
            #expect(try watcher.ask("watch A").head == "go A")
            try sidecar.folder.writeFleet(Self.stopA, revision: 2)
            let stop = try watcher.line()
            #expect(stop.text == "stop A\tcause=fleet\treason=INC-4711\tby=ada\tat=now")
            try sidecar.folder.writeFleet(#"{"Name":"*","Status":"pause","By":"bob"}"#, revision: 3)
            #expect(try watcher.line().text == "pause A\tcause=fleet\tby=bob\tpattern=*")
            try sidecar.folder.writeFleet(revision: 4)
            #expect(try watcher.line().text == "go A\tcause=listed")
            let history = try sidecar.connect().askLines("history").filter { $0.subject == "A" }
            #expect(history.map { $0["new"] } == ["stop", "pause", "go"])
            #expect(history.map { $0["fleet-revision"] } == ["2", "3", "4"])
            #expect(history.allSatisfy { $0["fleet"] == "prod" && $0["sha256"] == nil })
            try sidecar.logLine(with: "fleet-revision=\"2\"")
        }
    }

    @Test("the fleet releases nothing, and where it says the same as the host's file that gives the cause")
    func onlyRestrains() throws {
        try withFleet(
            fleet: ["A", "B", "C", "*"].map { #"{"Name":"\#($0)","Status":"go"}"# }
        ) { sidecar in
            #expect(try sidecar.status("A").text == "go A\tcause=listed")
            #expect(try sidecar.status("B").text == "pause B\tcause=listed")
            #expect(try sidecar.status("C").text == "stop C\tcause=unlisted")
            try sidecar.folder.replace(
                "es.json", with: #"[{"Name":"A","Status":"stop"},{"Name":"B","Status":"pause"}]"#)
            try sidecar.awaitStatus("stop A", cause: "listed")
            try sidecar.folder.writeFleet(
                #"{"Name":"A","Status":"stop"}"#, #"{"Name":"B","Status":"pause"}"#, #"{"Name":"C","Status":"stop"}"#)
            _ = try sidecar.connect().ask("sync")
            #expect(try sidecar.status("A").text == "stop A\tcause=listed")
            #expect(try sidecar.status("B").text == "pause B\tcause=listed")
            #expect(try sidecar.status("C").text == "stop C\tcause=unlisted")
            // What the host's own file cannot say any more the fleet does not say for it.
            try sidecar.folder.remove("es.json")
            try sidecar.awaitStatus("stop A", cause: "missing-file")
            try sidecar.folder.writeFleet(#"{"Name":"A","Status":"go"}"#)
            _ = try sidecar.connect().ask("sync")
            #expect(try sidecar.status("A").text == "stop A\tcause=missing-file")
        }
    }

    /// What is wrong with the file, and what is told of it.
    @Test(
        "a fleet file that is missing, malformed or stale stops everything at once, and all goes on when it is well",
        arguments: [
            ("missing", "fleet-missing", nil), ("directory", "fleet-missing", "is a directory"),
            ("fifo", "fleet-missing", "is a FIFO"), ("empty", "fleet-malformed", "expected \"[\""),
            ("cut off", "fleet-malformed", "the file ends"), ("no header", "fleet-malformed", "unknown key"),
            ("unknown status", "fleet-malformed", "the Status is \"halt\""),
            ("sequence", "fleet-malformed", "expected \"[\""),
            ("other boot", "fleet-stale", "verified in another boot of this host"),
            ("future", "fleet-stale", "verified in the future"),
            ("old", "fleet-stale", "not verified within the fleet's lease"),
        ] as [(String, String, String?)]
    )
    func trouble(kind: String, cause: String, reason: String?) throws {
        try withFleet { sidecar in
            let folder = sidecar.folder
            let watcher = try sidecar.connect()
            #expect(try watcher.ask("watch A").head == "go A")
            let file = TemporaryFolder.fleetFile
            switch kind {
            case "missing": try folder.remove(file)
            case "directory":
                try folder.makeDirectory("d")
                try folder.remove(file)
                try folder.move("d", to: file)
            case "fifo":
                try folder.makeFIFO("f")
                try folder.move("f", to: file)
            case "empty": try folder.replace(file, with: "")
            case "cut off": try folder.replace(file, with: String(try TemporaryFolder.fleet([]).dropLast(2)))
            case "no header": try folder.replace(file, with: #"[{"Name":"A","Status":"go"}]"#)
            case "unknown status": try folder.writeFleet(#"{"Name":"C","Status":"halt"}"#)
            case "sequence": try folder.replace(file, with: #"{"Name":"A","Status":"go"}"#)
            case "other boot": try folder.writeFleet(boot: "00000000-0000-0000-0000-000000000000")
            case "future": try folder.writeFleet(age: .seconds(-3600))
            default: try folder.writeFleet(age: .seconds(601))
            }
            var line = try watcher.line()
            if kind == "directory", line["reason"] == nil {
                // Between the two there was nothing.
                #expect(line["cause"] == "fleet-missing")
                line = try watcher.line()
            }
            #expect(line.head == "stop A" && line["cause"] == cause)
            #expect(reason.map { line["reason"]?.contains($0) ?? false } ?? (line["reason"] == nil), "\(line)")
            #expect(try sidecar.information("condition") == cause)
            #expect(try sidecar.information("fleet-condition") == cause)
            let history = try sidecar.connect().askLines("history")
            #expect(history.contains { $0.head == "file \(cause)" })
            try sidecar.logLine(with: "every workflow is stopped")
            if kind == "directory" || kind == "fifo" { try folder.move(file, to: "aside") }
            try folder.writeFleet()
            #expect(try watcher.line("go") { $0.word == "go" }.text == "go A\tcause=listed")
        }
    }

    @Test("the same entries under a new time are no news: no record, no line of the log, none to those who watch")
    func sameEntries() throws {
        try withFleet(fleet: [Self.stopA]) { sidecar in
            let watcher = try sidecar.connect()
            let all = try sidecar.connect()
            #expect(try watcher.ask("watch A").head == "stop A")
            _ = try all.askLines("watch") { $0.word == "watching" }
            let history = try sidecar.connect().askLines("history").count
            let log = sidecar.log
            let revision = try sidecar.information("revision")
            for number in 2...20 {
                try sidecar.folder.writeFleet(Self.stopA, revision: number)
                _ = try sidecar.connect().ask("sync")
                #expect(try sidecar.information("fleet-revision") == "\(number)")
            }
            #expect(try watcher.linesDue().isEmpty)
            #expect(try all.linesDue().isEmpty)
            #expect(try sidecar.connect().askLines("history").count == history)
            #expect(try sidecar.information("revision") == revision)
            #expect(sidecar.log == log)
        }
    }

    @Test("sync is answered only once the fleet file has been read as well")
    func sync() throws {
        try withFleet { sidecar in
            let client = try sidecar.connect()
            for number in 0..<50 {
                let isStop = number.isMultiple(of: 2)
                try sidecar.folder.writeFleet(isStop ? Self.stopA : #"{"Name":"X","Status":"stop"}"#)
                _ = try client.ask("sync")
                #expect(try client.ask("status A").head == (isStop ? "stop A" : "go A"))
            }
        }
    }

    @Test("after a restart the fleet's stop holds from the first answer on, and where there is no file all is stopped")
    func restart() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: RunningSidecar.fileName)
            for (fleet, head, cause) in [
                ([Self.stopA], "stop A", "fleet"), (nil, "stop A", "fleet-missing"), ([], "go A", "listed"),
            ] {
                if let fleet {
                    try folder.replace(TemporaryFolder.fleetFile, with: TemporaryFolder.fleet(fleet))
                } else {
                    try folder.remove(TemporaryFolder.fleetFile)
                }
                let sidecar = try RunningSidecar(in: folder, options: fleetOptions(folder))
                defer { sidecar.process.destroy() }
                try eventually("the socket") { (try? sidecar.connect()) != nil }
                let line = try sidecar.status("A")
                #expect(line.head == head && line["cause"] == cause)
                #expect(try sidecar.stop() == .exited(0))
            }
        }
    }

    @Test("a client's time to live ends with the fleet's lease, and nothing but a later verification extends it")
    func timeToLive() throws {
        try withFleet(lease: "8s") { sidecar in
            let client = try sidecar.connect()
            try sidecar.folder.writeFleet()
            _ = try client.ask("sync")
            let first = try #require(try client.ask("ping 1").number("ttl"))
            #expect(first <= 8_000)
            // The same file touched, read and read again lives no longer.
            for _ in 0..<20 {
                let text = try sidecar.folder.text(of: TemporaryFolder.fleetFile)
                try sidecar.folder.replace(TemporaryFolder.fleetFile, with: text)
                _ = try client.ask("sync")
            }
            let later = try #require(try client.ask("ping 2").number("ttl"))
            #expect(later < first)
            try sidecar.folder.writeFleet(age: .seconds(4))
            _ = try client.ask("sync")
            let old = try #require(try client.ask("ping 3").number("ttl"))
            #expect(old <= 4_000)
        }
    }

    @Test("a fleet that falls silent stops everything when its lease ends, and its return is told after that stop")
    func lapse() throws {
        try withFleet(lease: "2s") { sidecar in
            let watcher = try sidecar.connect()
            try sidecar.folder.writeFleet()
            let written = ContinuousClock.now
            _ = try watcher.ask("watch A")
            var line = try watcher.line("the lapse") { $0["cause"] == "fleet-stale" }
            // Not before its end; how late a busy machine lets us see it says nothing.
            #expect(ContinuousClock.now - written > .milliseconds(1_900))
            #expect(line.text == "stop A\tcause=fleet-stale\treason=not verified within the fleet's lease")
            // It is told once, not by the lease and by the poll.
            try throughout(.seconds(1), "nothing more is told") { try watcher.linesDue().isEmpty }
            let records = try sidecar.connect().askLines("history").filter {
                $0.word == "file" && $0["new"] == "fleet-stale"
            }
            #expect(records.count { $0["old"] != "fleet-stale" } == records.count)
            try sidecar.folder.writeFleet(revision: 2)
            line = try watcher.line()
            #expect(line.text == "go A\tcause=listed")
        }
    }

    @Test("a sidecar that stood still beyond the fleet's lease tells of the stop before anything else")
    func frozen() throws {
        try withFleet(lease: "3s") { sidecar in
            let watcher = try sidecar.connect()
            try sidecar.folder.writeFleet()
            #expect(try watcher.ask("watch A").word == "go")
            try sidecar.freeze()
            let end = ContinuousClock.now + .milliseconds(3_100)
            while ContinuousClock.now < end { usleep(10_000) }
            // By then the fleet is well again, and somebody asks.
            try sidecar.folder.writeFleet()
            try watcher.send("status A")
            sidecar.signal(SIGCONT)
            #expect(try watcher.line().head == "stop A")
            try sidecar.awaitStatus("go A")
        }
    }

    @Test("what the listener misses the poll finds, well within the lease")
    func poll() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: RunningSidecar.fileName)
            try folder.makeDirectory("fleet")
            try folder.write(TemporaryFolder.fleet([]), to: "fleet/fleet.json")
            let sidecar = try RunningSidecar(
                in: folder, options: ["--fleet-file", folder.path(of: "fleet/fleet.json"), "--fleet-lease", "4s"])
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            // Written under another name in another directory, of which nothing is heard in this one.
            let end = ContinuousClock.now + .seconds(10)
            try withTemporaryFolder { other in
                #expect(link(folder.path(of: "fleet/fleet.json"), other.path(of: "f")) == 0)
                while ContinuousClock.now < end {
                    try other.write(TemporaryFolder.fleet([]), to: "f")
                    usleep(200_000)
                }
            }
            let lines = try watcher.linesDue()
            // A poll may fall into the writing in place, which is no way to write this file. Stale it must never be.
            #expect(lines.allSatisfy { $0["cause"] != "fleet-stale" }, "\(lines)")
            #expect(try sidecar.status("A")["cause"] != "fleet-stale")
        }
    }

    @Test(
        "bad values are refused before anything starts",
        arguments: [
            ["--fleet-file", ""], ["--fleet-file", "f", "--fleet-lease", "0s"],
            ["--fleet-file", "f", "--fleet-lease", "999ms"], ["--fleet-file", "f", "--fleet-lease", "601s"],
            ["--fleet-file", "f", "--fleet-lease", "10"], ["--fleet-lease", "10s"], ["--fleet-file"],
        ])
    func refused(options: [String]) throws {
        try withTemporaryFolder { folder in
            let sidecar = try RunningSidecar(in: folder, options: options)
            defer { sidecar.process.destroy() }
            #expect(try sidecar.process.wait() == .exited(64))
            #expect(sidecar.log.contains("--fleet-"))
            #expect(!folder.exists(RunningSidecar.socketName))
        }
    }

    @Test("both options can be given by the environment, and without them there is no word and no thread of a fleet")
    func withoutFleet() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: RunningSidecar.fileName)
            let sidecar = try RunningSidecar(
                in: folder,
                environment: ["ESTOP_FLEET_FILE": folder.path(of: "f"), "ESTOP_FLEET_LEASE": "2s"])
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            #expect(try sidecar.information("fleet-lease-ms") == "2000")
            try sidecar.awaitStatus("stop A", cause: "fleet-missing")
            #expect(Self.threads(sidecar).contains("estop-fleet-rd"))
        }
        try withSidecar { sidecar in
            try eventually("inotify") { try sidecar.information("inotify") == "up" }
            #expect(try sidecar.connect().askLines("info").allSatisfy { !$0.text.contains("fleet") })
            let metrics = try sidecar.connect().askLines("metrics") { $0.text == "# EOF" }
            #expect(metrics.allSatisfy { !$0.text.contains("fleet") })
            #expect(!sidecar.log.contains("fleet"))
            #expect(Self.threads(sidecar).allSatisfy { !$0.contains("fleet") })
        }
    }

    private static func threads(_ sidecar: RunningSidecar) -> [String] {
        namesInDirectory("/proc/\(sidecar.process.pid)/task").compactMap { thread in
            try? textOfFile(at: "/proc/\(sidecar.process.pid)/task/\(thread)/comm").split(separator: "\n").first
                .map(String.init)
        }
    }

    @Test("info, metrics and doctor say which fleet, at which revision, verified how long ago, and why it stops")
    func observation() throws {
        try withFleet(fleet: [Self.stopA]) { sidecar in
            func metrics() throws -> [String] {
                try sidecar.connect().askLines("metrics") { $0.text == "# EOF" }.map(\.text)
            }
            #expect(try sidecar.information("fleet") == "prod")
            #expect(try sidecar.information("fleet-epoch") == "5e")
            #expect(try sidecar.information("fleet-entries") == "1")
            #expect(try #require(try sidecar.information("fleet-verified-ago-ms").flatMap { Int($0) }) >= 0)
            #expect(try metrics().contains(#"estop_fleet_file_info{fleet="prod",epoch="5e"} 1"#))
            #expect(try metrics().contains("estop_fleet_file_revision 1"))
            let age = try #require(try metrics().first { $0.hasPrefix("estop_fleet_file_verified_age_seconds ") })
            #expect(try #require(Double(age.split(separator: " ")[1])) < 600)
            #expect(try metrics().contains(#"estop_file_condition{condition="fleet-stale"} 0"#))
            #expect(try sidecar.alice.calls("doctor").output.contains("ok    fleet: prod at revision 1, verified "))
            try sidecar.folder.writeFleet(age: .seconds(3600))
            try sidecar.awaitStatus("stop A", cause: "fleet-stale")
            #expect(try metrics().contains(#"estop_file_condition{condition="fleet-stale"} 1"#))
            let doctor = try sidecar.alice.calls("doctor")
            #expect(doctor.ending == .exited(1))
            #expect(doctor.output.contains("is stale: not verified within the fleet's lease, verified 1 h ago"))
            #expect(try sidecar.alice.calls("list").errorOutput.contains("everything is stopped, fleet-stale"))
        }
    }

    @Test("estopctl says that the fleet restrains what its own edit would release, and shows it by that cause")
    func estopctl() throws {
        try withFleet(fleet: [#"{"Name":"A*","Status":"stop","Reason":"INC-1","By":"ada"}"#]) { sidecar in
            let go = try sidecar.alice.calls("go", "A")
            #expect(go.ending == .exited(1))
            #expect(go.errorOutput.contains("The fleet restrains it, and the fleet alone can release it"))
            #expect(try sidecar.alice.calls("status", "A").output == "stop A (fleet A*): INC-1, by ada\n")
            #expect(try sidecar.alice.calls("list").output.contains("fleet A*"))
            let contract = try JSONContract()
            try sidecar.folder.writeFleet(revision: 2)
            try sidecar.awaitStatus("go A")
            for command in ["info", "history", "doctor", "list"] {
                let result = try sidecar.alice.calls(command, "--json")
                for line in result.lines { #expect(contract.problem(of: line) == nil, "\(line)") }
            }
            #expect(try sidecar.alice.calls("history", "--json").output.contains(#""fleetRevision":2"#))
        }
    }
}
