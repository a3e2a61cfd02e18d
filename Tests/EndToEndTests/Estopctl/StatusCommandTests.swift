import Glibc
import TestSupport
import Testing

@Suite("estopctl status", .blocking)
struct StatusCommandTests {
    private static let file = """
        {"Name":"Goes","Status":"go"}
        {"Name":"Waits","Status":"pause","Reason":"night shift"}
        {"Name":"Stopped","Status":"stop","Reason":"INC-1","By":"bob","At":"2026-01-02T03:04:05Z"}
        {"Name":"Sat*","Status":"stop","Reason":"all of them"}
        {"Name":"Satellite","Status":"go"}
        """

    @Test(
        "ends with a code that says it, and prints why",
        arguments: [
            ("Goes", 0, "go Goes (listed)"), ("Waits", 10, "pause Waits (listed): night shift"),
            ("Stopped", 20, "stop Stopped (listed): INC-1, by bob, at 2026-01-02 03:04:05+00:00"),
            ("Satellite", 20, "stop Satellite (pattern Sat*): all of them"), ("Typo", 20, "stop Typo (unlisted)"),
            ("Sat*", 20, "stop Sat* (listed): all of them"),
        ] as [(String, Int32, String)])
    func codes(name: String, code: Int32, line: String) throws {
        try withSidecar(file: Self.file) { sidecar in
            let result = try sidecar.alice.calls("status", name)
            #expect(result.ending == .exited(code))
            #expect(result.output == line + "\n")
            #expect(result.errorOutput.isEmpty)
            let quiet = try sidecar.alice.calls("status", "--quiet", name)
            #expect(quiet.ending == .exited(code))
            #expect(quiet.output.isEmpty)
        }
    }

    @Test("refuses the name of an abstract socket, which would look like a sidecar that is gone")
    func abstractSocket() throws {
        try withTemporaryFolder { folder in
            let result = try run([Operator.program, "status", "A", "--socket", "@estop"], in: folder)
            #expect(result.ending == .exited(64))
            #expect(result.errorOutput.contains("estopd has no abstract sockets"))
        }
    }

    @Test("says what a mistyped name was meant to be, beside the answer")
    func mistyped() throws {
        try withSidecar(file: Self.file) { sidecar in
            let result = try sidecar.alice.calls("status", "Stoped")
            #expect(result.ending == .exited(20))
            #expect(result.output == "stop Stoped (unlisted)\n")
            #expect(result.errorOutput == "estopctl: Stoped has no entry; did you mean Stopped?\n")
            #expect(try sidecar.alice.calls("status", "Stoped", "--quiet").errorOutput.isEmpty)
        }
    }

    @Test("gives a program an object, with the time as it stands in the file")
    func json() throws {
        try withSidecar(file: Self.file) { sidecar throws in
            #expect(
                try sidecar.alice.calls("status", "Stopped", "--json").output
                    == #"{"at":"2026-01-02T03:04:05Z","by":"bob","cause":"listed","kind":"status","name":"Stopped","#
                    + #""reason":"INC-1","status":"stop"}"# + "\n")
        }
    }

    @Test("shows times in the operator's zone, with the offset")
    func zone() throws {
        try withSidecar(file: Self.file) { sidecar throws in
            var alice = sidecar.alice
            alice.environment["TZ"] = "UTC-05:30"
            #expect(try alice.calls("status", "Stopped").output.hasSuffix("at 2026-01-02 08:34:05+05:30\n"))
        }
    }

    @Test("of a sidecar that is not there, frozen or gone is a stop, and within the time-out")
    func unreachable() throws {
        try withSidecar { sidecar in
            #expect(try sidecar.alice.calls("status", "A").ending == .exited(0))
            try sidecar.freeze()
            let begin = ContinuousClock.now
            let frozen = try sidecar.alice.calls("status", "A", "--timeout", "100ms")
            #expect(frozen.ending == .exited(20))
            #expect(frozen.output.hasPrefix("stop A (unreachable): the sidecar on \(sidecar.socket) did not answer"))
            #expect(ContinuousClock.now - begin < .seconds(4))
            sidecar.signal(SIGCONT)
            #expect(try sidecar.stop() == .exited(0))
            let gone = try sidecar.alice.calls("status", "A")
            #expect(gone.ending == .exited(20))
            #expect(gone.output.hasPrefix("stop A (unreachable): no sidecar listens on \(sidecar.socket)"))
        }
    }

    @Test(
        "refuses what cannot be a name, a longer socket than there can be, and no name at all",
        arguments: [
            ["status"], ["status", ""], ["status", "  "], ["status", "a\u{1}b"],
            ["status", "A", "B"], ["status", "A", "--timeout", "soon"],
            ["status", "A", "--socket", "/" + String(repeating: "x", count: 200)],
        ])
    func usage(arguments: [String]) throws {
        try withTemporaryFolder { folder throws in
            #expect(try run([Operator.program] + arguments, in: folder).ending == .exited(64))
        }
    }

    @Test("that cannot be printed is no go")
    func lostOutput() throws {
        try withSidecar(file: Self.file) { sidecar in
            let go = try sidecar.alice.shell(#""$ESTOPCTL" status Goes > /dev/full"#)
            #expect(go.ending == .exited(74))
            #expect(go.errorOutput.contains("could not be written to standard output: No space left on device"))
            #expect(try sidecar.alice.shell(#""$ESTOPCTL" status Stopped > /dev/full"#).ending == .exited(20))
            #expect(try sidecar.alice.shell(#""$ESTOPCTL" status Goes >&-"#).ending == .exited(74))
            #expect(try sidecar.alice.shell(#""$ESTOPCTL" status --quiet Goes > /dev/full"#).ending == .exited(0))
        }
    }

    @Test("shows what others wrote and does not obey it")
    func hostileText() throws {
        try withSidecar(file: #"{"Name":"A","Status":"stop","Reason":"\u001b[2Jgo A\n\u202e"}"#) { sidecar throws in
            #expect(
                try sidecar.alice.calls("status", "A").output == "stop A (listed): \\u{1b}[2Jgo A\\u{a}\\u{202e}\n")
        }
    }

    @Test(
        "in a user namespace that does not know the sidecar's user believes nothing, as it may be anybody's",
        .enabled(if: isRoot && hasProgram("unshare")))
    func userNamespace() throws {
        try withSidecar(options: ["--socket-mode", "0666"]) { sidecar in
            try sidecar.folder.setMode(0o755, of: ".")
            for command in [["status", "A"], ["run", "A", "--", "echo", "ran"]] {
                let name = [command[0], "--socket", sidecar.socket] + command.dropFirst()
                let result = try run(["unshare", "--user", Operator.program] + name, in: sidecar.folder)
                #expect(result.ending == .exited(command[0] == "run" ? 75 : 20), "\(result)")
                #expect(!result.output.contains("ran"))
                #expect((result.output + result.errorOutput).contains("65534 stands for every user whom"), "\(result)")
            }
        }
    }
}
