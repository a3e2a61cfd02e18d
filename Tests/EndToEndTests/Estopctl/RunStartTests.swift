import Glibc
import TestSupport
import Testing

@Suite("estopctl run: start and end", .blocking)
struct RunStartTests {
    private func start(
        _ arguments: [String], under sidecar: RunningSidecar, name: String = "A", prefix: [String] = []
    ) throws -> ShellResult {
        try run(
            prefix + [builtProgram("estopctl"), "run", name, "--socket", sidecar.socket] + arguments, in: sidecar.folder
        )
    }

    @Test("starts on go alone, and says why it does not", arguments: ["stop", "pause", "unlisted"])
    func refusal(status: String) throws {
        try withSidecar(file: #"{"Name":"A","Status":"\#(status)","Reason":"INC-1"}"#) { sidecar in
            let name = status == "unlisted" ? "B" : "A"
            let result = try start(["--", "echo", "started"], under: sidecar, name: name)
            #expect(result.ending == .exited(75))
            #expect(result.output == "")
            let why = status == "unlisted" ? "stop B (unlisted)" : "\(status) A (listed): INC-1"
            #expect(result.errorOutput == "estopctl: not started: \(why)\n")
            #expect(try sidecar.connect().askLines("ps").map(\.head) == ["end 0"])
        }
    }

    @Test("points at the name that was meant, where the one that was typed has no entry")
    func mistyped() throws {
        try withSidecar(file: #"{"Name":"Router","Status":"go"}"#) { sidecar in
            let result = try start(["--", "echo", "started"], under: sidecar, name: "Ruoter")
            #expect(result.ending == .exited(75))
            #expect(
                result.errorOutput == """
                    estopctl: not started: stop Ruoter (unlisted)
                    estopctl: Ruoter has no entry; did you mean Router?

                    """)
        }
    }

    @Test(
        "with too few descriptors says so and starts nothing, however few there are", arguments: [6, 8, 11, 15, 18, 24])
    func fewDescriptors(limit: Int) throws {
        try withSidecar { sidecar in
            let result = try runShell(
                #"ulimit -n "$1"; exec "$2" run A --socket "$3" -- echo started"#, "\(limit)", builtProgram("estopctl"),
                sidecar.socket, in: sidecar.folder)
            #expect(result.ending == .exited(71))
            #expect(result.output == "")
            let message = "estopctl: too few file descriptors are free: a run needs 32: raise the limit of open files"
            #expect(result.errorOutput.hasPrefix(message), "\(result)")
        }
    }

    @Test("--wait-for-go says what it waits for, through stop and pause, and starts on go")
    func waiting() throws {
        try withSidecar(file: #"{"Name":"A","Status":"stop"}"#) { sidecar in
            let run = try EstopctlRun(
                ["sh", "-c", "echo ready"], options: ["--wait-for-go"], under: sidecar)
            try run.expectSaid("waiting for go: stop A (listed)")
            try sidecar.set("pause")
            try run.expectSaid("waiting for go: pause A (listed): INC-1")
            #expect(run.guardian.output == "")
            try sidecar.set("go")
            #expect(try run.guardian.wait() == .exited(0))
            #expect(run.guardian.output == "ready\n")
        }
    }

    @Test("a stop right after the go, before the command has started, is not forgotten: the run waits again or ends")
    func stopWhileStarting() throws {
        try withSidecar(file: #"{"Name":"A","Status":"stop"}"#) { sidecar in
            let watcher = try sidecar.connect()
            for round in 0..<20 {
                let runs = try (0..<6).map { _ in
                    try EstopctlRun(["sleep", "1000"], options: ["--wait-for-go", "--grace", "200ms"], under: sidecar)
                }
                for run in runs { try run.expectSaid("waiting for go: stop A (listed)") }
                _ = try watcher.ask("watch A")
                try sidecar.set("go")
                try watcher.line("the go") { $0.head == "go A" }
                // From before the runs have registered to after they have started.
                usleep(UInt32(round) * 300)
                try sidecar.set("stop")
                try sidecar.awaitStatus("stop A")
                // Who has started ends; who has not waits, with nothing registered and nothing started.
                try eventually("that no run is left; \(runs.map(\.guardian.errorOutput))") {
                    try sidecar.connect().askLines("ps").map(\.head) == ["end 0"]
                }
                for run in runs where run.guardian.ending == nil {
                    try eventually("its end, or that it waits") { run.guardian.ending != nil || run.command.isEmpty }
                    run.guardian.signal(SIGTERM)
                }
                for run in runs {
                    let ending = try run.guardian.wait()
                    try run.expectNothingLeft()
                    #expect(ending == .killed(SIGTERM), "\(run.guardian.errorOutput)")
                }
            }
        }
    }

    @Test("a signal ends the waiting")
    func waitingEnded() throws {
        try withSidecar(file: #"{"Name":"A","Status":"pause"}"#) { sidecar in
            let run = try EstopctlRun(["echo", "no"], options: ["--wait-for-go"], under: sidecar)
            try run.expectSaid("waiting for go")
            run.guardian.signal(SIGTERM)
            #expect(try run.guardian.wait() == .killed(SIGTERM))
            #expect(run.guardian.output == "")
            try run.expectNothingLeft()
        }
    }

    @Test("ends as the command ends")
    func exitCodes() throws {
        try withSidecar { sidecar in
            let cases: [([String], SpawnedProcess.Ending)] = [
                (["true"], .exited(0)), (["sh", "-c", "exit 7"], .exited(7)), (["sh", "-c", "exit 255"], .exited(255)),
                (["sh", "-c", "kill -TERM $$"], .killed(SIGTERM)), (["sh", "-c", "kill -KILL $$"], .killed(SIGKILL)),
                (["sh", "-c", "kill -SEGV $$"], .killed(SIGSEGV)), (["no-such-command"], .exited(127)),
                (["/etc/passwd"], .exited(126)),
            ]
            for (command, ending) in cases {
                let result = try start(["--"] + command, under: sidecar)
                #expect(result.ending == ending, "\(command): \(result.errorOutput)")
            }
            let missing = try start(["--", "no-such-command"], under: sidecar)
            #expect(missing.errorOutput == "estopctl: no-such-command: No such file or directory\n")
            #expect(try start([], under: sidecar).ending == .exited(64))
            #expect(try start(["--", "true"], under: sidecar, name: "A*").ending == .exited(64))
            #expect(try sidecar.connect().askLines("ps").map(\.head) == ["end 0"])
        }
    }

    @Test("passes input, output and arguments on untouched")
    func untouched() throws {
        try withSidecar { sidecar in
            // 5 MB in which every byte is.
            var generator = SystemRandomNumberGenerator()
            let bytes = (0..<655_360).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
            try sidecar.folder.write(bytes, to: "in")
            let estopctl = "\(builtProgram("estopctl")) run A --socket \(sidecar.socket) --"
            let path = sidecar.folder.path
            func shell(_ command: String) throws -> ShellResult { try runShell(command, in: sidecar.folder) }
            _ = try shell("\(estopctl) cat < \(path)/in > \(path)/out")
            #expect(try bytesOfFile(at: "\(path)/out") == bytes)
            #expect(try shell("echo three | \(estopctl) sh -c 'cat <&3' 3<&0 </dev/null").output == "three\n")
            // Nothing of estopctl's own beside what it was given.
            let own = "sh -c 'ls /proc/self/fd'"
            #expect(try shell("\(estopctl) \(own)").output == shell(own).output)
            #expect(try shell("\(estopctl) sh -c 'echo out; echo err >&2' 2>&1 >/dev/null").output == "err\n")
            // An argument that is no text, another --, an empty one.
            _ = try shell("\(estopctl) printf '%s|' \"$(printf '\\377')\" -- '' ' a' > \(path)/arguments")
            #expect(try bytesOfFile(at: "\(path)/arguments") == [0xFF] + Array("|--|| a|".utf8))
        }
    }

    @Test("needs no standard input and output, nor has the command")
    func closedDescriptors() throws {
        try withSidecar { sidecar in
            let estopctl = "\(builtProgram("estopctl")) run A --socket \(sidecar.socket) --"
            let quiet = try runShell("\(estopctl) sh -c 'echo ran >&2; exit 3' <&- >&-", in: sidecar.folder)
            #expect(quiet.errorOutput == "ran\n")
            #expect(quiet.ending == .exited(3))
            let deaf = try runShell("\(estopctl) sh -c 'cat || echo none' <&- 2>&-", in: sidecar.folder)
            #expect(deaf.output == "none\n")
        }
    }

    @Test("a pipe that is read no more ends the command, and the end of its output is seen at once")
    func pipes() throws {
        try withSidecar { sidecar in
            let estopctl = "\(builtProgram("estopctl")) run A --socket \(sidecar.socket) --"
            let head = try run(
                ["bash", "-c", "\(estopctl) cat /dev/zero | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}"],
                in: sidecar.folder)
            #expect(head.output == "141\n")
            // The command closes its output and goes on; nobody else has it.
            let early = try runShell(
                "mkfifo $2/f; { $1 sh -c 'exec >&-; read -r line <$0/f' $2; } | { cat; echo end >$2/f; }",
                estopctl, sidecar.folder.path, in: sidecar.folder
            )
            #expect(early.ending == .exited(0))
        }
    }

    @Test("what systemd hands to a process by its number is the command's: sockets, a watchdog")
    func processVariables() throws {
        try withSidecar { sidecar in
            let show = "echo $$; env | grep -E '_PID(FDID)?=' | sort; cat <&3"
            let result = try runShell(
                """
                export LISTEN_PID=$$ LISTEN_PIDFDID=7 WATCHDOG_PID=$$ SYSTEMD_EXEC_PID=$$ OTHER_PID=$$
                echo passed > $2; exec $1 run A --socket $3 -- sh -c "$4" 3< $2
                """, builtProgram("estopctl"), sidecar.folder.path(of: "passed"), sidecar.socket, show,
                in: sidecar.folder)
            let lines = result.output.split(separator: "\n")
            let pid = lines.first ?? ""
            #expect(
                lines.dropFirst().filter { !$0.hasPrefix("OTHER_PID=") } == [
                    "LISTEN_PID=\(pid)", "SYSTEMD_EXEC_PID=\(pid)", "WATCHDOG_PID=\(pid)", "passed",
                ])
            #expect(!lines.contains("OTHER_PID=\(pid)"))
            // What names somebody else goes on to do so.
            let others = try runShell(
                "LISTEN_PID=1 LISTEN_PIDFDID=7 WATCHDOG_PID=$$$$ exec $1 run A --socket $2 -- sh -c \"$3\" 3</dev/null",
                builtProgram("estopctl"), sidecar.socket, show, in: sidecar.folder)
            #expect(others.output.contains("\nLISTEN_PID=1\nLISTEN_PIDFDID=7\nWATCHDOG_PID="))
            #expect(!others.output.contains("WATCHDOG_PID=\(others.output.prefix { $0 != "\n" })\n"))
        }
    }

    @Test("what its parent ignored stays ignored, the end of children too")
    func ignored() throws {
        try withSidecar { sidecar in
            let shown = "grep -E 'SigIgn|SigBlk' /proc/self/status"
            for signals in ["PIPE", "HUP", "INT", "CHLD"] {
                let prefix = ["env", "--ignore-signal=\(signals)"]
                let plain = try run(prefix + ["sh", "-c", shown], in: sidecar.folder)
                let result = try start(["--", "sh", "-c", shown], under: sidecar, prefix: prefix)
                #expect(result.ending == .exited(0))
                // Without the two that the C library keeps for itself.
                #expect(result.output.suffix(8) == plain.output.suffix(8))
            }
        }
    }
}
