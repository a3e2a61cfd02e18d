import TestSupport
import Testing

/// An exit code of 0 is go, or a stop in force: what was not asked for must not end with it.
@Suite("The arguments of the programs", .blocking)
struct ArgumentTests {
    /// Starts a program where there is no `/proc`, as in a rescue shell.
    private static let withoutProc = [
        "unshare", "-m", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh",
    ]

    @Test("are known without /proc: what is asked for is what is done", .enabled(if: canMount))
    func withoutProc() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}{"Name":"B","Status":"pause"}"#, to: "es.json")
            let sidecar = try RunningSidecar(in: folder, prefix: Self.withoutProc)
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            func calls(_ arguments: String...) throws -> ShellResult {
                try run(
                    Self.withoutProc + [Operator.program] + arguments, environment: ["ESTOP_SOCKET": sidecar.socket],
                    in: folder)
            }
            #expect(try calls("status", "--quiet", "A").ending == .exited(0))
            #expect(try calls("status", "--quiet", "B").ending == .exited(10))
            #expect(try calls("status", "--quiet", "None").ending == .exited(20))
            let stop = try calls("stop", "--all", "--reason", "fire")
            #expect(stop.ending == .exited(0), "\(stop)")
            #expect(try sidecar.status("A")["reason"] == "fire")
            #expect(try calls("status", "--quiet", "A").ending == .exited(20))
            let refused = try run(Self.withoutProc + [RunningSidecar.executable, "--nonsense"], in: folder)
            #expect(refused.ending == .exited(64))
        }
    }

    @Test("are refused where there are none, not even a name", arguments: [[], [""]])
    func none(arguments: [String]) throws {
        try withTemporaryFolder { folder throws in
            for program in [Operator.program, RunningSidecar.executable] {
                let process = try SpawnedProcess(
                    arguments, environment: ["ESTOP_SOCKET": folder.path(of: "s")], in: folder, name: "nameless",
                    executable: program)
                defer { process.destroy() }
                #expect(try process.wait() == .exited(64))
                #expect(
                    process.errorOutput.lowercased().contains("there are no arguments, not even the program's name"))
            }
        }
    }

    @Test("of estopctl name a command: without one the overview is no success")
    func noCommand() throws {
        try withTemporaryFolder { folder throws in
            let result = try run([Operator.program], in: folder)
            #expect(result.ending == .exited(64))
            #expect(result.output.isEmpty)
            #expect(result.errorOutput.contains("SUBCOMMANDS:"))
        }
    }

    @Test(
        "that ask for help or the version where a name was meant are no go, and no stop",
        arguments: [
            ["status", "--quiet"], ["status"], ["stop"], ["stop", "--all"], ["go"], ["pause", "A"], ["run"], ["check"],
        ])
    func helpInPlaceOfAName(command: [String]) throws {
        try withSidecar(file: #"{"Name":"A","Status":"go"}"#) { sidecar in
            for word in [
                "-h", "--help", "-help", "--version", "--generate-completion-script", "--experimental-dump-help",
            ] {
                for arguments in [command + [word], [word] + command] {
                    let result = try run(
                        [Operator.program] + arguments, environment: ["ESTOP_SOCKET": sidecar.socket],
                        in: sidecar.folder)
                    #expect(result.ending == .exited(64), "\(arguments): \(result)")
                }
            }
            #expect(try sidecar.status("A").head == "go A")
        }
    }

    @Test(
        "that ask for nothing but help or the version are answered",
        arguments: [
            ["--help"], ["-h"], ["--version"], ["help"], ["help", "status"], ["help", "stop"],
            ["--generate-completion-script", "bash"], ["--experimental-dump-help"],
        ])
    func help(arguments: [String]) throws {
        try withTemporaryFolder { folder throws in
            let result = try run([Operator.program] + arguments, in: folder)
            #expect(result.ending == .exited(0), "\(result)")
            #expect(!result.output.isEmpty)
        }
    }

    @Test("of a command that is run reach it byte for byte, be they text or not")
    func bytes() throws {
        try withSidecar { sidecar in
            let result = try sidecar.alice.shell(
                #""$ESTOPCTL" run A -- printf '<%s>' "$(printf 'a\377b')" '' 'c d' | od -An -tx1"#)
            #expect(result.output.split(separator: " ").joined().hasPrefix("3c61ff623e3c3e3c6320643e"), "\(result)")
        }
    }

    @Test(
        "that are no command are pointed at the one that was meant, and nothing is done",
        arguments: [
            (["sotp", "A"], "Did you mean: estopctl stop A"), (["ls"], "Did you mean: estopctl list"),
            (["resume", "A*"], "Did you mean: estopctl go 'A*'"), (["hsitory"], "Did you mean: estopctl history"),
            (["frobnicate"], "'frobnicate' is no command; estopctl --help shows all"),
        ])
    func mistyped(words: [String], message: String) throws {
        try withTemporaryFolder { folder in
            let result = try run([Operator.program] + words, in: folder)
            #expect(result.ending == .exited(64))
            #expect(result.output.isEmpty)
            #expect(result.errorOutput.contains(message))
        }
    }

    @Test(
        "that are mistyped are never corrected to an option that does more",
        arguments: ["--al", "--overide", "--forse"])
    func widening(option: String) throws {
        try withTemporaryFolder { folder in
            let result = try run([Operator.program, "stop", "A", option], in: folder)
            #expect(result.ending == .exited(64))
            #expect(result.errorOutput.contains("Unknown option '\(option)'"))
            #expect(!result.errorOutput.contains("Did you mean"))
            let harmless = try run([Operator.program, "stop", "A", "--reson", "x"], in: folder)
            #expect(harmless.errorOutput.contains("Did you mean '--reason'?"))
        }
    }
}

/// Whether a mount of one's own can be had, where no other process sees it.
private let canMount =
    isRoot && hasProgram("unshare")
    && (try? withTemporaryFolder { folder in
        try runShell("unshare -m mount -t tmpfs none /proc", in: folder).ending == .exited(0)
    }) == true
