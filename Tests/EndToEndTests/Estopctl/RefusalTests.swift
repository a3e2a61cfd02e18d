import Glibc
import TestSupport
import Testing

@Suite("estopctl does not call it a success", .blocking)
struct RefusalTests {
    private static let file = """
        {"Name":"SatelliteDiskErase","Status":"go"}
        {"Name":"Router","Status":"go"}

        """

    @Test("when the name is mistyped; what was spelled well is stopped all the same")
    func typingError() throws {
        try withSidecar(file: Self.file) { sidecar in
            let result = try sidecar.alice.calls("stop", "SateliteDiskErase", "Router")
            #expect(result.ending == .exited(1))
            #expect(
                result.errorOutput
                    == "estopctl: SateliteDiskErase: unknown workflow; nothing changed; did you mean "
                    + "SatelliteDiskErase? To add an entry: --add\n")
            #expect(result.output.hasPrefix("stop Router in force after "))
            #expect(try sidecar.status("Router").head == "stop Router")
            // What is released is released whole or not at all.
            #expect(try sidecar.alice.calls("go", "Router", "Rooter").ending == .exited(1))
            #expect(try sidecar.status("Router").head == "stop Router")
            let unmatched = try sidecar.alice.calls("stop", "Zzz*").errorOutput
            #expect(unmatched.contains("Zzz*: matches no workflow; nothing changed. To add"))
            #expect(try sidecar.alice.calls("stop", "Zzz*", "--add").ending == .exited(0))
            #expect(try sidecar.alice.calls("stop", "all").errorOutput.contains("for everything: --all"))
        }
    }

    @Test("when the shell has turned a * into names of files")
    func shellExpansion() throws {
        try withSidecar(file: Self.file) { sidecar in
            let before = try Trace(sidecar.file)
            try sidecar.folder.makeDirectory("d")
            for (files, command, code, hint) in [
                ("", "stop Zzz*", 1, "Zzz*: matches no workflow"),
                ("Satellites.txt", "stop Sat*", 1, "did the shell expand a *?"),
                ("Satellites.txt", "stop *", 1, "did the shell expand a *?"),
                ("Satellites.txt Sat2", "stop Sat*", 64, "--prefix 'Sat'"),
                ("Satellites.txt Sat2", "stop *", 64, "--prefix 'Sat'"),
                ("a b .hidden", "stop *", 64, "NOTHING WAS STOPPED. You probably meant: estopctl stop --all"),
                ("a b .hidden", "go *", 64, "Nothing changed"),
                ("a b .hidden", "stop * --dry-run", 64, "Nothing changed"),
            ] as [(String, String, Int32, String)] {
                let result = try sidecar.alice.shell(
                    "rm -f .h* *; touch x \(files); rm x; \"$ESTOPCTL\" \(command)", in: "d")
                #expect(result.ending == .exited(code), "\(command): \(result)")
                #expect(result.errorOutput.contains(hint), "\(command): \(result.errorOutput)")
            }
            #expect(try Trace(sidecar.file) == before)
            // In an empty directory the shell leaves it alone, and so it means everything.
            #expect(try sidecar.alice.shell("rm -f .h* *; \"$ESTOPCTL\" stop *", in: "d").ending == .exited(0))
            #expect(try sidecar.status("Router")["pattern"] == "*")
            let added = try sidecar.alice.shell("touch one; \"$ESTOPCTL\" stop * --add", in: "d")
            #expect(added.ending == .exited(1))
            #expect(added.errorOutput.contains("one: no entry, but a file of that name is here"))
            // A workflow may well have the name of its program, so this is no error.
            let only = try sidecar.alice.shell("rm one; touch Router; \"$ESTOPCTL\" pause *", in: "d")
            #expect(only.errorOutput.contains("warning: a file Router is here"))
        }
    }

    @Test("when a duration has no unit, and says how one is written; what was refused is an object in JSON")
    func words() throws {
        try withSidecar(file: Self.file) { sidecar in
            let wait = try sidecar.alice.calls("stop", "--all", "--wait", "60")
            #expect(wait.ending == .exited(64))
            #expect(wait.errorOutput.contains("as in 60s, 250ms or 2m"))
            let refused = try sidecar.alice.calls("stop", "Nope", "--json")
            #expect(refused.ending == .exited(1))
            #expect(refused.lines.count == 1)
            #expect(refused.output.contains(#""code":"unknown-workflow","kind":"error","message":"Nope: "#))
            #expect(refused.output.contains(#""name":"Nope""#))
        }
    }

    @Test("when somebody only watches the mistyped name")
    func watchedOnly() throws {
        try withSidecar(file: Self.file) { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch Ruter")
            let refused = try sidecar.alice.calls("stop", "Ruter")
            #expect(refused.ending == .exited(1))
            #expect(refused.errorOutput.contains("no entry and no run); nothing changed; did you mean Router?"))
        }
    }

    @Test("when no sidecar is there: the file is written, and nobody serves it")
    func noSidecar() throws {
        try withTemporaryFolder { folder in
            try folder.write(Self.file, to: "es.json")
            let path = folder.path(of: "es.json")
            let alice = Operator(folder: folder)
            let result = try alice.calls("stop", "Router", "--file", path, "--wait", "10s")
            #expect(result.ending == .exited(3))
            #expect(result.output.isEmpty)
            #expect(
                result.errorOutput.hasPrefix(
                    "estopctl: stop Router is written to \(path), and no sidecar serves it: no sidecar listens on "))
            #expect(try folder.text(of: "es.json").contains(#""Name":"Router","Status":"stop""#))
            #expect(
                try alice.calls("stop", "Router", "--file", path).errorOutput.contains("stop Router is in \(path), and")
            )
            // Who runs what is not known either.
            let unknown = try alice.calls("stop", "Rogue", "--file", path)
            #expect(unknown.ending == .exited(1))
            #expect(unknown.errorOutput.contains("no entry, and without a sidecar its runs are unknown"))
            let json = try alice.calls("stop", "Router", "--file", path, "--json")
            #expect(json.output.contains(#""inForce":false"#))
            #expect(json.ending == .exited(3))
        }
    }

    @Test("when the sidecar reads another file, be it that the same is served out of that")
    func otherFile() throws {
        try withSidecar(file: #"{"Name":"A","Status":"stop"}"#) { sidecar in
            for content in [#"{"Name":"A","Status":"stop"}"#, #"{"Name":"A","Status":"go"}"#] {
                try sidecar.folder.write(content, to: "other.json")
                let result = try sidecar.alice.calls("stop", "A", "--file", sidecar.folder.path(of: "other.json"))
                #expect(result.ending == .exited(3))
                #expect(
                    result.errorOutput.contains(
                        "no sidecar serves it: the sidecar on this socket reads \(sidecar.file)"))
                #expect(result.output.isEmpty)
            }
        }
    }

    @Test("when the sidecar is frozen: what is in force is not known")
    func frozen() throws {
        try withSidecar(file: Self.file) { sidecar in
            try sidecar.freeze()
            let result = try sidecar.alice.calls("stop", "Router", "--file", sidecar.file, "--timeout", "200ms")
            #expect(result.ending == .exited(3))
            #expect(result.errorOutput.contains("and whether that is in force is not known: the sidecar on "))
            // Without a word of the sidecar it is not even known which file is meant.
            let guess = try sidecar.alice.calls("stop", "Router", "--timeout", "200ms")
            #expect(guess.ending == .exited(1))
            #expect(guess.errorOutput.contains("it is unknown which one the sidecar reads"))
            sidecar.signal(SIGCONT)
            try sidecar.awaitStatus("stop Router")
        }
    }

    @Test("before a sidecar that has just started, or starts again meanwhile, serves it")
    func restart() throws {
        try withTemporaryFolder { folder in
            try folder.write(Self.file, to: "es.json")
            // Nothing is answered before the first settled read, 2 s after the start.
            let sidecar = try RunningSidecar(in: folder, options: ["--settle-time", "200ms"])
            defer { sidecar.process.destroy() }
            try eventually("a socket") { folder.exists("s") }
            let young = try sidecar.alice.calls("stop", "Router", "--file", sidecar.file, "--timeout", "30s")
            #expect(young.ending == .exited(0), "\(young)")
            #expect(try sidecar.status("Router").head == "stop Router")

            // One that asks, is held up, and is answered by the next life of the sidecar.
            try sidecar.freeze()
            let stop = try sidecar.alice.start(
                "stop", "SatelliteDiskErase", "--file", sidecar.file, "--timeout", "30s", name: "stop")
            defer { stop.destroy() }
            try eventually("the edit") { try folder.text(of: "es.json").contains(#"Erase","Status":"stop""#) }
            sidecar.process.destroy()
            let next = try RunningSidecar(in: folder, name: "next")
            defer { next.process.destroy() }
            #expect(try stop.wait() == .exited(0))
            #expect(stop.output.hasPrefix("stop SatelliteDiskErase in force after "))
        }
    }

    @Test("when the file is malformed, missing, a directory, or may not be read: it says so and changes nothing")
    func unusableFile() throws {
        try withSidecar(file: "{\"Name\":\"A\",\n  oops") { sidecar in
            let before = try Trace(sidecar.file)
            for command in ["stop", "pause", "go"] {
                let malformed = try sidecar.alice.calls(command, "A")
                #expect(malformed.ending == .exited(1))
                #expect(malformed.errorOutput.hasPrefix("estopctl: \(sidecar.file):2:3: error: "))
                #expect(malformed.errorOutput.contains("estopctl check"))
                #expect(malformed.errorOutput.contains("estopctl stop --all --force"))
            }
            #expect(try sidecar.alice.calls("stop", "--all").ending == .exited(1))
            #expect(try Trace(sidecar.file) == before)
            let missing = try sidecar.alice.calls("stop", "A", "--file", sidecar.folder.path(of: "none"))
            #expect(missing.ending == .exited(1))
            #expect(missing.errorOutput.contains("/none: there is no such file; nothing changed"))
            try sidecar.folder.makeDirectory("d")
            try sidecar.folder.makeFIFO("p")
            #expect(try sidecar.alice.calls("stop", "A", "--file", sidecar.folder.path(of: "d")).ending == .exited(1))
            #expect(try sidecar.alice.calls("stop", "A", "--file", sidecar.folder.path(of: "p")).ending == .exited(1))
        }
    }

    @Test("when the directory may not be written to", .enabled(if: isRoot && hasProgram("setpriv")))
    func readOnlyDirectory() throws {
        try withTemporaryFolder { folder in
            try folder.write(Self.file, to: "es.json")
            let program = try folder.copy(ofProgram: Operator.program)
            let before = try Trace(folder.path(of: "es.json"))
            let result = try run(
                ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "stop", "Router"],
                environment: ["ESTOP_FILE": folder.path(of: "es.json"), "ESTOP_SOCKET": folder.path(of: "s")],
                in: folder
            )
            #expect(result.ending == .exited(1), "\(result)")
            #expect(result.errorOutput.contains("its directory may not be written to"))
            #expect(try Trace(folder.path(of: "es.json")) == before)
        }
    }

    @Test("of go while another edit holds the lock for long; a stop does not wait for that")
    func heldLock() throws {
        try withSidecar(file: Self.file) { sidecar in
            let unlock = try sidecar.folder.lock("es.json")
            let go = try sidecar.alice.start("go", "Router", "--add", "New", name: "go")
            defer { go.destroy() }
            let stop = try sidecar.alice.calls("stop", "Router")
            #expect(stop.ending == .exited(0), "\(stop)")
            unlock()
            #expect(try go.wait() == .exited(0))
        }
    }

    @Test(
        "when nothing is named, or --force is not for --all",
        arguments: [
            ["stop"], ["go"], ["pause"], ["stop", "A", "--force"], ["stop", "A", "--reason", ""],
            ["stop", "--prefix", ""],
        ])
    func usage(arguments: [String]) throws {
        try withTemporaryFolder { folder throws in
            #expect(try run([Operator.program] + arguments, in: folder).ending == .exited(64))
        }
    }
}
