import Glibc
import TestSupport
import Testing

@Suite("estopctl stop, pause and go", .blocking)
struct EditCommandTests {
    private static let file = """
        {"Name":"SatelliteDiskErase","Status":"go"}
        {"Name":"Router","Status":"go"}

        """

    @Test("have it in force when they end with 0, and say in how long")
    func inForce() throws {
        try withSidecar(file: Self.file, options: ["--settle-time", "100ms"]) { sidecar in
            let stop = try sidecar.alice.calls("stop", "Router", "--reason", "INC-2")
            #expect(stop.ending == .exited(0))
            #expect(stop.output.hasPrefix("stop Router in force after "))
            #expect(stop.output.contains(" ms; 0 runs still stopping"))
            #expect(try sidecar.status("Router").head == "stop Router")
            for (command, status) in [("pause", "pause"), ("go", "go"), ("pause", "pause"), ("stop", "stop")] {
                let result = try sidecar.alice.calls(command, "Router")
                #expect(result.ending == .exited(0), "\(result)")
                #expect(result.output.hasPrefix("\(status) Router in force after "))
                #expect(try sidecar.status("Router").head == "\(status) Router")
            }
        }
    }

    @Test("say what they did as JSON")
    func json() throws {
        try withSidecar(file: Self.file) { sidecar in
            let run = try sidecar.enterRun("Router")
            let output = try sidecar.alice.calls("stop", "Router", "--json").output
            for part in [
                #""asked":"stop","at":"20"#,
                #""by":"alice","cause":"listed","changed":true,"complete":false,"inForce":true,"kind":"edit","#,
                #""lostRuns":0,"milliseconds":"#, #""name":"Router","runs":1,"status":"stop""#,
            ] { #expect(output.contains(part), "\(output)") }
            #expect(output.hasSuffix("}\n"))
            _ = try run.linesDue()
        }
    }

    @Test("put reason and operator wherever the stop is seen")
    func account() throws {
        try withSidecar(file: Self.file) { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch Router")
            let reason = "INC-4711: \"wrong\" list, ünlösbar"
            #expect(try sidecar.bob.calls("stop", "Router", "--reason", reason).ending == .exited(0))
            #expect(try watcher.line("the stop") { $0.word == "stop" }["reason"] == reason)
            let told = ["\(reason)", "bob"]
            for command in [["status", "Router"], ["list"], ["history"], ["list", "--json"]] {
                let output = try run(
                    [Operator.program] + command + ["--socket", sidecar.socket], in: sidecar.folder
                ).output
                for text in told {
                    #expect(output.contains(text) || output.contains(text.replacing("\"", with: "\\\"")), "\(output)")
                }
            }
            #expect(try sidecar.folder.text(of: "es.json").contains(#""By":"bob","At":"20"#))
        }
    }

    @Test(
        "leave every byte outside the entry as it is",
        arguments: [
            ("\u{FEFF}", "{\"Name\":\"A\",\"Status\":\"go\"}", "\r\n{\"Name\":\"B\",\"Status\":\"stop\"}\r\n\r\n"),
            (
                "[\n  {\n    \"name\" : \"B\",\n    \"status\" : \"go\"\n  },\n  ",
                "{\n    \"name\" : \"A\",\n    \"status\" : \"go\"\n  }", "\n]\n"
            ),
            ("\t[{\"Name\":\"x\",\"Status\":\"huh\"} ,", "{\"Status\":null, \"Name\":\" A \"}", "]"),
            ("{\"Name\":\"\",\"Status\":\"go\"}   ", "{\"\\u004eame\":\"\\u0041\",\"Status\":\"go\"}", ""),
        ])
    func layout(before: String, entry: String, after: String) throws {
        try withSidecar(file: before + entry + after) { sidecar in
            #expect(try sidecar.alice.calls("stop", "A", "--reason", "r").ending == .exited(0))
            let text = try sidecar.folder.text(of: "es.json")
            #expect(text.utf8.starts(with: before.utf8))
            #expect(text.utf8.reversed().starts(with: after.utf8.reversed()))
            #expect(text.utf8.count > (before + entry + after).utf8.count, "reason, author and time are in it")
            #expect(try sidecar.status("A").head == "stop A")
            #expect(try sidecar.alice.calls("check", sidecar.file).ending == .exited(0))
        }
    }

    @Test("change every entry of a name that is listed twice, and leave one of it once it goes")
    func duplicates() throws {
        let other = #"{"Name":"B","Status":"go"}"#
        try withSidecar(file: #"{"Name":"A","Status":"stop"}\#(other){"Name":"A","Status":"pause"}"#) { sidecar in
            #expect(try sidecar.alice.calls("go", "A").ending == .exited(0))
            #expect(try sidecar.status("A").head == "go A")
            #expect(try sidecar.alice.calls("stop", "A").ending == .exited(0))
            let text = try sidecar.folder.text(of: "es.json")
            #expect(text.split(separator: #""Status":"stop""#, omittingEmptySubsequences: false).count == 2)
            #expect(text.contains(other))
        }
    }

    @Test("see another's stop also where it is the second entry of the name")
    func foreignDuplicate() throws {
        let file = #"{"Name":"A","Status":"stop","By":"alice"}{"Name":"A","Status":"stop","By":"bob","Reason":"INC-1"}"#
        try withSidecar(file: file) { sidecar in
            let refused = try sidecar.alice.calls("go", "A")
            #expect(refused.ending == .exited(1))
            #expect(refused.errorOutput.contains("A: stop by bob: INC-1. That stays; only yours was lifted."))
            #expect(try sidecar.folder.text(of: "es.json").hasSuffix(file.drop { $0 != "}" }.dropFirst()))
            #expect(try sidecar.status("A")["by"] == "bob")
        }
    }

    @Test("write nothing where nothing is to change, and end with 0")
    func idempotent() throws {
        try withSidecar(file: Self.file) { sidecar in
            #expect(try sidecar.alice.calls("stop", "Router", "--reason", "x").ending == .exited(0))
            let before = try Trace(sidecar.file)
            for command in [["stop", "Router"], ["stop", "Router", "--reason", "x"], ["go", "SatelliteDiskErase"]] {
                let result = try run(
                    [Operator.program] + command + ["--socket", sidecar.socket],
                    environment: ["SUDO_USER": "alice"], in: sidecar.folder)
                #expect(result.ending == .exited(0))
                #expect(result.output.contains(" in force already"))
            }
            #expect(try Trace(sidecar.file) == before)
            #expect(try sidecar.bob.calls("stop", "Router", "--reason", "y", "--override").ending == .exited(0))
            #expect(try sidecar.status("Router")["by"] == "bob")
        }
    }

    @Test(
        "put each person's restraint beside the others', so that nobody lifts another's unawares",
        arguments: [
            (["stop", "A"], ["stop", "A"]), (["stop", "A", "-r", "x"], ["stop", "A"]),
            (["stop", "A"], ["stop", "A", "-r", "y"]), (["stop", "A", "-r", "x"], ["stop", "A", "-r", "x"]),
            (["pause", "A"], ["pause", "A"]), (["pause", "A", "-r", "x"], ["stop", "A", "-r", "y"]),
            (["stop", "--all"], ["stop", "--all"]), (["stop", "--prefix", "A"], ["stop", "--prefix", "A", "-r", "y"]),
            (["stop", "--all", "--force"], ["stop", "--all", "--force", "-r", "y"]),
        ])
    func eachPersons(first: [String], second: [String]) throws {
        try withSidecar(file: #"{"Name":"A","Status":"go"}"#) { sidecar in
            func calls(_ person: String, _ arguments: [String]) throws -> ShellResult {
                try run(
                    [Operator.program] + arguments,
                    environment: ["ESTOP_SOCKET": sidecar.socket, "SUDO_USER": person], in: sidecar.folder)
            }
            let name = first.contains("--all") ? ["--all"] : first.contains("--prefix") ? ["A*"] : ["A"]
            for (person, command) in [("alice", first), ("bob", second)] {
                #expect(try calls(person, command).ending == .exited(0))
                let before = try Trace(sidecar.file)
                // Once more by the same person it is there already.
                let again = try calls(person, command)
                #expect(again.ending == .exited(0) && again.output.contains(" in force already"), "\(again)")
                #expect(try Trace(sidecar.file) == before)
            }
            let both = try sidecar.folder.text(of: "es.json")
            #expect(both.contains(#""By":"alice""#) && both.contains(#""By":"bob""#), "\(both)")
            let check = try sidecar.alice.calls("check", "--strict", sidecar.file)
            #expect(check.ending == .exited(0), "nobody's mistake: \(check)")

            let lifted = try calls("alice", ["go"] + name)
            #expect(lifted.ending == .exited(1))
            #expect(lifted.errorOutput.contains(" by bob, "), "\(lifted)")
            #expect(lifted.errorOutput.contains("That stays; only yours was lifted."), "\(lifted)")
            #expect(try sidecar.status("A").word != "go")
            // Nothing of hers is left to lift, and so nothing is changed.
            let before = try Trace(sidecar.file)
            #expect(try calls("alice", ["go"] + name).ending == .exited(1))
            #expect(try Trace(sidecar.file) == before)
            #expect(try calls("bob", ["go"] + name).ending == .exited(0))
            #expect(try sidecar.status("A").head == "go A")
            let count = try sidecar.folder.text(of: "es.json").split(separator: #""Name":"\#(name[0])""#).count
            #expect(count <= 2, "one entry is left, and not more after each incident")
        }
    }

    @Test("write down a pause under another's stop, and do not call it a success")
    func pauseUnderStop() throws {
        let file = #"{"Name":"A","Status":"stop","Reason":"INC-1","By":"bob"}"#
        try withSidecar(file: file) { sidecar in
            let pause = try sidecar.alice.calls("pause", "A", "--reason", "INC-2")
            #expect(pause.ending == .exited(1))
            #expect(pause.errorOutput.contains("A: stop by bob: INC-1. That stays beside your entry"))
            #expect(pause.errorOutput.contains("A is set to pause, but the sidecar serves: stop A"))
            #expect(try sidecar.bob.calls("go", "A").ending == .exited(1))
            #expect(try sidecar.status("A").head == "pause A")
            #expect(try sidecar.alice.calls("go", "A").ending == .exited(0))
        }
    }

    @Test("leave bytes and times untouched with --dry-run, and show who would be affected")
    func dryRun() throws {
        try withSidecar(file: Self.file) { sidecar in
            let run = try sidecar.enterRun("SatelliteDiskErase")
            let before = try Trace(sidecar.file)
            let shown = try sidecar.alice.calls("stop", "--prefix", "Sat", "--dry-run")
            #expect(shown.ending == .exited(0))
            #expect(
                shown.lines == [
                    "SatelliteDiskErase: go -> stop, 1 run, 1 watching", "Sat*: no entry -> stop",
                    "1 workflow would change, with 1 run on this host. Nothing changed.",
                ])
            #expect(try sidecar.alice.calls("stop", "Rooter", "-n").ending == .exited(1))
            #expect(try Trace(sidecar.file) == before)
            #expect(namesInDirectory(sidecar.folder.path).allSatisfy { !$0.hasPrefix(".") }, "no temporary file")
            #expect(try run.linesDue().isEmpty)
        }
    }

    @Test("take patterns: --prefix and --all stop what they match, and are released by their own name")
    func patterns() throws {
        try withSidecar(file: Self.file) { sidecar in
            #expect(try sidecar.alice.calls("stop", "--prefix", "Sat").output.hasPrefix("stop Sat* in force after "))
            #expect(try sidecar.status("SatelliteDiskErase")["pattern"] == "Sat*")
            #expect(try sidecar.status("Router").head == "go Router")
            #expect(try sidecar.alice.calls("stop", "--all", "--reason", "fire").ending == .exited(0))
            #expect(try sidecar.status("Router")["reason"] == "fire")

            let go = try sidecar.alice.calls("go", "Router")
            #expect(go.ending == .exited(1))
            #expect(
                go.errorOutput.hasPrefix(
                    "estopctl: Router is set to go, but pattern * still stops it (by alice: fire). Release it: "))
            #expect(go.errorOutput.contains("Release it: estopctl go '*'"))
            let pattern = try sidecar.alice.calls("go", "Sat*")
            #expect(pattern.ending == .exited(1))
            #expect(pattern.errorOutput.contains("Sat* is set to go, but pattern * still stops it (by alice: fire)"))
            #expect(try sidecar.alice.calls("stop", "Sat*").ending == .exited(0))

            let released = try sidecar.alice.calls("go", "--all")
            #expect(released.ending == .exited(0))
            #expect(released.output.hasPrefix("pattern * released after "))
            #expect(released.output.contains("; still stopped: Sat* (by alice), SatelliteDiskErase (by alice)"))
            #expect(try sidecar.status("Router").head == "go Router")
            #expect(try sidecar.status("SatelliteDiskErase").head == "stop SatelliteDiskErase")
            #expect(try sidecar.alice.calls("go", "Sat*").ending == .exited(0))
            #expect(try sidecar.status("SatelliteDiskErase").head == "go SatelliteDiskErase")
            // Once more: it restrains nothing already.
            #expect(try sidecar.alice.calls("go", "Sat*").ending == .exited(0))
            #expect(try sidecar.alice.calls("go", "Rou*").ending == .exited(0))
            #expect(try sidecar.alice.calls("go", "Ruo*").ending == .exited(1))
        }
    }

    @Test("go takes a pattern out of the file again, byte for byte, and history says that it was released")
    func lifted() throws {
        let file = "[\n  {\"Name\": \"A\", \"Status\": \"go\"},\n  {\"Name\": \"B\", \"Status\": \"go\"}\n]\n"
        try withSidecar(file: file) { sidecar in
            #expect(try sidecar.alice.calls("stop", "--all", "--reason", "fire").ending == .exited(0))
            #expect(try sidecar.alice.calls("go", "--all", "--dry-run").output.contains("*: stop -> no entry"))
            #expect(try sidecar.alice.calls("go", "--all").ending == .exited(0))
            #expect(try sidecar.folder.text(of: "es.json") == file)
            #expect(try sidecar.alice.calls("go", "--all").output.hasPrefix("pattern * restrains nothing; nothing"))
            #expect(try sidecar.alice.calls("go", "--all", "--json").output.contains(#""status":"none""#))
            #expect(try sidecar.folder.text(of: "es.json") == file)
            let history = try sidecar.alice.calls("history", "--json").lines.filter { $0.contains(#""name":"*""#) }
            #expect(history.count == 2, "\(history)")
            #expect(history.first?.contains(#""new":"stop","old":"none""#) == true, "\(history)")
            #expect(history.last?.contains(#""new":"released","old":"stop""#) == true, "\(history)")
            #expect(try sidecar.alice.calls("history").output.contains("stop -> released"))
            #expect(!(try sidecar.alice.calls("list", "--json").output.contains(#""status":"stop""#)))
            try sidecar.logLine(with: #"name="*" new="released" old="stop""#)
        }
    }

    @Test("leave another's pause beside the stop, so that it cannot be lifted unawares")
    func besideAnothers() throws {
        let file = #"{"Name":"A","Status":"pause","Reason":"INC-1","By":"bob"}"#
        try withSidecar(file: file) { sidecar in
            let stop = try sidecar.alice.calls("stop", "A", "--reason", "INC-2")
            #expect(stop.ending == .exited(0))
            #expect(stop.errorOutput.contains("A: pause by bob: INC-1. That stays beside your entry"))
            #expect(try sidecar.folder.text(of: "es.json").hasPrefix(file))
            #expect(try sidecar.status("A")["reason"] == "INC-2")
            #expect(try sidecar.alice.calls("go", "A").ending == .exited(1))
            #expect(try sidecar.status("A").head == "pause A")
            #expect(try sidecar.alice.calls("go", "A", "--override").ending == .exited(0))
            #expect(try sidecar.status("A").head == "go A")
        }
    }

    @Test(
        "append a stop, and nothing else, where no new file can take the place of the old",
        .enabled(if: isRoot && hasProgram("setpriv")), arguments: ["", "\n", "["])
    func appended(kind: String) throws {
        try withTemporaryFolder { folder in
            let entry = #"{"Name":"A","Status":"go"}"#
            try folder.write(kind == "[" ? "[\(entry)]" : entry + kind, to: "es.json")
            let path = folder.path(of: "es.json")
            guard chown(path, 65534, 65534) == 0 else { throw TestFailure(systemCall: "chown") }
            let program = try folder.copy(ofProgram: Operator.program)
            var variables = ["ESTOP_FILE": path, "ESTOP_SOCKET": folder.path(of: "s"), "SUDO_USER": "alice"]
            func calls(_ arguments: String...) throws -> ShellResult {
                try run(
                    ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program] + arguments,
                    environment: variables, in: folder)
            }
            let before = try folder.text(of: "es.json")
            #expect(try calls("go", "A", "--reason", "x").ending == .exited(1))
            #expect(try calls("pause", "A").ending == .exited(1))
            #expect(try folder.text(of: "es.json") == before)
            let stop = try calls("stop", "A", "--reason", "INC-1")
            // Written, and nobody serves it.
            #expect(stop.ending == .exited(3), "\(stop)")
            #expect(stop.errorOutput.contains("the stop was appended, because the file cannot be replaced"))
            let after = try folder.text(of: "es.json")
            #expect(after.hasPrefix(String(before.prefix { $0 != "]" })))
            let checked = try calls("check", path)
            #expect(checked.ending == .exited(0), "\(checked)")
            #expect(after.contains(#""INC-1""#) && after.contains(entry))
            // Once more there is nothing to change; another's is appended, too.
            #expect(try calls("stop", "A").ending == .exited(3))
            #expect(try folder.text(of: "es.json") == after)
            variables["SUDO_USER"] = "bob"
            for _ in 0..<2 { #expect(try calls("stop", "A", "--reason", "INC-2").ending == .exited(3)) }
            let both = try folder.text(of: "es.json")
            #expect(both.contains(#""INC-1","By":"alice""#) && both.contains(#""INC-2","By":"bob""#))
            #expect(both.split(separator: "INC-2").count == 2)
            #expect(try calls("check", "--strict", path).ending == .exited(0))
        }
    }

    @Test("lift another's stop only with --override, and show who and why without")
    func override() throws {
        let file = #"{"Name":"A","Status":"stop","Reason":"INC-1","By":"bob","At":"2026-01-02T03:04:05Z"}"#
        try withSidecar(file: file) { sidecar in
            let refused = try sidecar.alice.calls("go", "A")
            #expect(refused.ending == .exited(1))
            #expect(
                refused.errorOutput
                    == "estopctl: A: stop by bob, 2026-01-02 03:04:05+00:00: INC-1. "
                    + "Nothing changed. To lift another person's stop: --override\n")
            #expect(try sidecar.folder.text(of: "es.json") == file)
            #expect(try sidecar.alice.calls("go", "A", "--override").ending == .exited(0))
            #expect(try sidecar.status("A").head == "go A")
        }
    }

    @Test("add the entry of a name that only runs, and say how many runs are still stopping")
    func runWithoutEntry() throws {
        try withSidecar(file: Self.file) { sidecar in
            let run = try sidecar.enterRun("Rogue")
            #expect(
                try sidecar.alice.calls("go", "Rogue").errorOutput.contains(
                    "Rogue: no entry, so it is stopped (runs: 1"))
            let stop = try sidecar.alice.calls("stop", "Rogue")
            #expect(stop.ending == .exited(0))
            #expect(stop.output.contains("; 1 run still stopping"))
            #expect(try sidecar.folder.text(of: "es.json").hasPrefix(Self.file + #"{"Name":"Rogue","Status":"stop""#))
            _ = try run.linesDue()
        }
    }

    @Test("take names with a leading dash behind --, and any letters")
    func oddNames() throws {
        let names = ["--all", "Käse/é", "日本語 x", "a*b", "{\"Name\"}"]
        try withSidecar { sidecar in
            for name in names {
                let result = try sidecar.alice.calls("stop", "--add", "--", name)
                #expect(result.ending == .exited(0), "\(result)")
                #expect(try sidecar.status(name).head == "stop \(name)")
            }
            #expect(try sidecar.alice.calls("check", sidecar.file).errorOutput.contains("6 entries: 1 go"))
            // Canonically equivalent, and another name.
            let other = try sidecar.alice.calls("go", "Ka\u{308}se/e\u{301}")
            #expect(other.ending == .exited(1))
            #expect(other.errorOutput.contains("did you mean Käse/é (the same letters in another encoding)?"))
        }
    }

    @Test("write through the links of a directory that is swapped as Kubernetes does, and keep them")
    func swappedDirectory() throws {
        try withTemporaryFolder { folder in
            try folder.makeDirectory("..1")
            try folder.write(Self.file, to: "..1/es.json")
            for (target, name) in [("..1", "..data"), ("..data/es.json", "es.json")] {
                #expect(symlink(target, folder.path(of: name)) == 0)
            }
            let sidecar = try RunningSidecar(in: folder)
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            let result = try sidecar.alice.calls("stop", "Router")
            #expect(result.ending == .exited(0), "\(result)")
            #expect(try sidecar.status("Router").head == "stop Router")
            var buffer = [CChar](repeating: 0, count: 64)
            #expect(readlink(folder.path(of: "es.json"), &buffer, buffer.count) == 14)
            #expect(try folder.text(of: "..1/es.json").contains(#"{"Name":"Router","Status":"stop""#))
        }
    }

    @Test(
        "by a member of the group take no root, and keep group and mode", .enabled(if: isRoot && hasProgram("setpriv")))
    func groupMember() throws {
        try withSidecar(file: Self.file, options: ["--socket-mode", "666"]) { sidecar in
            let folder = sidecar.folder
            let program = try folder.copy(ofProgram: Operator.program)
            #expect(chown(folder.path, 0, 2345) == 0 && chown(sidecar.file, 0, 2345) == 0)
            try folder.setMode(0o775, of: ".")
            try folder.setMode(0o660, of: "es.json")
            let result = try run(
                ["setpriv", "--reuid", "1234", "--regid", "1234", "--groups", "2345", program, "stop", "Router"],
                environment: ["ESTOP_SOCKET": sidecar.socket], in: folder)
            #expect(result.ending == .exited(0), "\(result)")
            #expect(result.errorOutput.isEmpty)
            let status = folder.status(of: "es.json")
            #expect(status?.mode == 0o660 && status?.group == 2345)
            #expect(try sidecar.status("Router")["by"] == "1234")
        }
    }

    @Test("keep mode and owner of the file")
    func metadata() throws {
        try withSidecar(file: Self.file) { sidecar in
            try sidecar.folder.setMode(0o664, of: "es.json")
            if isRoot { #expect(chown(sidecar.file, 1234, 2345) == 0) }
            #expect(try sidecar.alice.calls("stop", "Router").ending == .exited(0))
            #expect(sidecar.folder.status(of: "es.json")?.mode == 0o664)
            if isRoot { #expect(sidecar.folder.status(of: "es.json")?.group == 2345) }
        }
    }
}

/// What tells whether a file was touched.
struct Trace: Equatable {
    let bytes: [UInt8]
    let inode: UInt64
    let changed: [Int]

    init(_ path: String) throws {
        bytes = try bytesOfFile(at: path)
        var status = stat()
        guard stat(path, &status) == 0 else { throw TestFailure(systemCall: "stat") }
        inode = UInt64(status.st_ino)
        changed = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
