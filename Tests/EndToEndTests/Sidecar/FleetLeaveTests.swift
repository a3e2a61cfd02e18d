import Glibc
import TestSupport
import Testing

/// A host that leaves its fleet for a while.
@Suite("Leaving the fleet", .blocking, .enabled(if: isRoot))
struct FleetLeaveTests {
    private static let stopA = #"{"Name":"A","Status":"stop"}"#

    private func leave(until time: Duration, boot: String? = nil) throws -> String {
        let end = TemporaryFolder.bootTime + Int64(time / .nanoseconds(1))
        return
            #"{"Until":"\#(end)","Boot":"\#(try boot ?? TemporaryFolder.boot())","Reason":"etcd is down","By":"ada"}"#
    }

    @Test("while it lasts the host's own file alone holds, and that is said everywhere; join ends it")
    func leaveAndJoin() throws {
        try withFleet(fleet: [Self.stopA]) { sidecar in
            let alice = sidecar.alice
            let watcher = try sidecar.connect()
            #expect(try watcher.ask("watch A").head == "stop A")
            let left = try alice.calls("fleet", "leave", "--for", "1h", "--reason", "etcd is down")
            #expect(left.ending == .exited(0), "\(left.errorOutput)")
            #expect(left.output.hasPrefix("this host has left its fleet until "))
            #expect(left.output.contains("estopctl fleet join"))
            #expect(try watcher.line().text == "go A\tcause=listed")
            #expect(try sidecar.information("fleet-condition") == "left")
            #expect(try sidecar.information("fleet-left-reason") == "etcd is down")
            #expect(try sidecar.information("fleet-left-by") == "alice")
            #expect(try sidecar.information("fleet-left-until") != nil)
            try sidecar.logLine(with: "THE HOST HAS LEFT ITS FLEET")
            let metrics = try sidecar.connect().askLines("metrics") { $0.text == "# EOF" }.map(\.text)
            #expect(metrics.contains("estop_fleet_left 1"))
            let doctor = try alice.calls("doctor").output
            #expect(doctor.contains("warn  fleet: this host has left its fleet until "))
            #expect(doctor.contains("(etcd is down, by alice)"))
            let contract = try JSONContract()
            #expect(contract.problem(of: try alice.calls("info", "--json").lines[0]) == nil)
            // The engine's absence matters no more, and the host's file as ever.
            try sidecar.folder.remove(TemporaryFolder.fleetFile)
            _ = try sidecar.connect().ask("sync")
            #expect(try sidecar.status("A").head == "go A")
            #expect(try alice.calls("stop", "A").ending == .exited(0))
            #expect(try watcher.line()["cause"] == "listed")
            #expect(try alice.calls("go", "A").ending == .exited(0))
            #expect(try watcher.line().head == "go A")
            try sidecar.folder.writeFleet(Self.stopA, revision: 2)
            let joined = try alice.calls("fleet", "join")
            #expect(joined.ending == .exited(0), "\(joined.errorOutput)")
            #expect(joined.output == "this host is back in fleet prod\n")
            #expect(try watcher.line().text == "stop A\tcause=fleet")
            try sidecar.logLine(with: "the host is back in its fleet")
            #expect(try alice.calls("fleet", "join").output == "this host had not left fleet prod\n")
            #expect(try sidecar.information("fleet-condition") == "readable")
        }
    }

    @Test("when it ends the fleet holds again, by then at the latest, and a live fleet is no lapse")
    func end() throws {
        try withFleet(fleet: [Self.stopA]) { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            let begun = ContinuousClock.now
            #expect(
                try sidecar.alice.calls("fleet", "leave", "--for", "4s", "--reason", "x").ending == .exited(0))
            #expect(try watcher.line().head == "go A")
            let ttl = try watcher.ask("ping 1").number("ttl")
            #expect(try #require(ttl) <= 4_000)
            let line = try watcher.line()
            #expect(line.text == "stop A\tcause=fleet")
            // It ends a second early.
            #expect(ContinuousClock.now - begun > .milliseconds(2_800))
        }
    }

    @Test("the end of a leave without a fleet stops everything")
    func endWithoutFleet() throws {
        try withFleet(fleet: nil) { sidecar in
            let watcher = try sidecar.connect()
            #expect(try watcher.ask("watch A")["cause"] == "fleet-missing")
            try sidecar.folder.replace("leave.json", with: leave(until: .seconds(3)))
            #expect(try watcher.line().head == "go A")
            #expect(try watcher.line()["cause"] == "fleet-missing")
        }
    }

    @Test(
        "whatever is doubtful about it means that it does not hold, and why is said",
        arguments: [
            ("other owner", "does not belong to root"), ("group may write", "may be written by others than root"),
            ("others may write", "may be written by others than root"), ("link", "Too many levels of symbolic links"),
            ("hard link", "has more than one name"), ("directory", "is no regular file"),
            ("fifo", "is no regular file"),
            ("huge", "is larger than 8192 bytes"), ("cut off", "1:"), ("empty", "1:1: error: the file ends here"),
            ("other boot", nil), ("over", nil), ("for ever", nil),
        ] as [(String, String?)]
    )
    func doubtful(kind: String, problem: String?) throws {
        try withFleet(fleet: [Self.stopA]) { sidecar in
            let folder = sidecar.folder
            let watcher = try sidecar.connect()
            #expect(try watcher.ask("watch A").head == "stop A")
            var text = try leave(until: .seconds(600))
            switch kind {
            case "huge": text += String(repeating: " ", count: 8192)
            case "cut off": text = String(text.dropLast())
            case "empty": text = ""
            case "other boot": text = try leave(until: .seconds(600), boot: "00000000-0000-0000-0000-000000000000")
            case "over": text = try leave(until: .seconds(-1))
            case "for ever": text = try leave(until: .seconds(30 * 24 * 3600))
            default: break
            }
            try folder.write(text, to: "l")
            switch kind {
            case "other owner": #expect(chown(folder.path(of: "l"), 1000, 0) == 0)
            case "group may write": try folder.setMode(0o664, of: "l")
            case "others may write": try folder.setMode(0o646, of: "l")
            default: break
            }
            switch kind {
            case "link": #expect(symlink("l", folder.path(of: "leave.json")) == 0)
            case "hard link": #expect(link(folder.path(of: "l"), folder.path(of: "leave.json")) == 0)
            case "directory": try folder.makeDirectory("leave.json")
            case "fifo": try folder.makeFIFO("leave.json")
            default: try folder.move("l", to: "leave.json")
            }
            _ = try sidecar.connect().ask("sync")
            #expect(try watcher.linesDue().isEmpty)
            #expect(try sidecar.status("A").text == "stop A\tcause=fleet")
            #expect(try sidecar.information("fleet-condition") == "readable")
            let told = try sidecar.information("fleet-leave-problem")
            #expect(problem.map { told?.contains($0) ?? false } ?? (told == nil), "\(told ?? "nothing")")
            if problem != nil { try sidecar.logLine(with: "does not hold") }
        }
    }

    @Test("it outlives a restart of the sidecar")
    func restart() throws {
        try withFleet(fleet: nil) { sidecar in
            try sidecar.folder.replace("leave.json", with: leave(until: .seconds(600)))
            try sidecar.awaitStatus("go A")
            #expect(try sidecar.stop() == .exited(0))
            let next = try RunningSidecar(in: sidecar.folder, options: fleetOptions(sidecar.folder), name: "next")
            defer { next.process.destroy() }
            try eventually("the socket") { (try? next.connect()) != nil }
            #expect(try next.status("A").head == "go A")
        }
    }

    @Test("the command refuses what it cannot do, and says so")
    func refused() throws {
        try withFleet { sidecar in
            let alice = sidecar.alice
            for arguments in [
                ["--for", "1h"], ["--reason", "x"], ["--for", "1", "--reason", "x"], ["--for", "1s", "--reason", "x"],
                ["--for", "200h", "--reason", "x"], ["--for", "1h", "--reason", ""],
                ["--for", "1h", "--reason", String(repeating: "x", count: 256)],
            ] {
                let result = try run(
                    [Operator.program, "fleet", "leave"] + arguments, environment: ["ESTOP_SOCKET": sidecar.socket],
                    in: sidecar.folder)
                #expect(result.ending == .exited(64), "\(arguments): \(result.errorOutput)")
                #expect(!sidecar.folder.exists("leave.json"))
            }
            // Another sidecar's fleet file is not this one's.
            let other = sidecar.folder.path(of: "other.json")
            let elsewhere = try alice.calls("fleet", "leave", "--for", "1h", "--reason", "x", "--fleet-file", other)
            #expect(elsewhere.ending == .exited(3))
            #expect(elsewhere.errorOutput.contains("the sidecar's fleet file is"))
        }
        try withSidecar { sidecar in
            let result = try sidecar.alice.calls("fleet", "leave", "--for", "1h", "--reason", "x")
            #expect(result.ending == .exited(1))
            #expect(result.errorOutput.contains("belongs to no fleet"))
        }
        try withTemporaryFolder { folder in
            let nobody = Operator(folder: folder)
            #expect(try nobody.calls("fleet", "leave", "--for", "1h", "--reason", "x").ending == .exited(69))
            #expect(try nobody.calls("fleet", "join").ending == .exited(69))
            let file = folder.path(of: "fleet.json")
            let unserved = try nobody.calls("fleet", "leave", "--for", "1h", "--reason", "x", "--fleet-file", file)
            #expect(unserved.ending == .exited(3))
            #expect(folder.exists("leave.json"))
        }
    }
}
