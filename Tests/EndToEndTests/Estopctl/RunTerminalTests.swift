import Glibc
import TestSupport
import Testing

@Suite("estopctl run: on a terminal", .blocking)
struct RunTerminalTests {
    /// Runs a test with a shell on a terminal, which controls jobs there; `run` stands for `estopctl run A --`.
    private func withShell(_ body: (RunningSidecar, PseudoTerminal, InteractiveShell) throws -> Void) throws {
        try withSidecar { sidecar in
            let terminal = try PseudoTerminal()
            let shell = try InteractiveShell(
                on: terminal, environment: ["ESTOP_SOCKET": sidecar.socket], in: sidecar.folder)
            defer {
                terminal.hangUp()
                shell.process.destroy()
            }
            try shell.run("run() { \(builtProgram("estopctl")) run A --grace 200ms -- \"$@\"; }")
            try shell.run("cd \(sidecar.folder.path)")
            try body(sidecar, terminal, shell)
            try eventually("that no run is left") { try sidecar.connect().askLines("ps").map(\.head) == ["end 0"] }
        }
    }

    @Test("Ctrl-C reaches the command once, and the shell sees its end")
    func interrupt() throws {
        try withShell { sidecar, terminal, shell in
            try sidecar.folder.write(
                "trap 'echo int-$((n = n + 1))' INT; echo be''gun; while [ ! -e go ]; do sleep 0.01; done; exit 9",
                to: "script")
            try shell.run("run sh ./script; echo code=$?")
            try terminal.expect("begun")
            terminal.type("\u{3}")
            try terminal.expect("int-1")
            terminal.type("\u{3}")
            try terminal.expect("int-2")
            try sidecar.folder.write("", to: "go")
            try terminal.expect("code=9")
            #expect(!terminal.text.contains("int-3"))
            try shell.run("run sleep 1000; echo co''de=$?")
            try eventually("the run") { try sidecar.connect().askLines("ps").count == 2 }
            try awaitForeground("sleep", of: terminal)
            terminal.type("\u{3}")
            // bash leaves out what follows an interrupted command.
            try shell.run("echo status=$?")
            try terminal.expect("status=130")
        }
    }

    @Test("Ctrl-C reaches a command that has left the process group")
    func ownGroup() throws {
        try withShell { _, terminal, shell in
            try shell.run("run setsid \(builtProgram("signal-probe")); echo code=$?")
            try terminal.expect("ready")
            terminal.type("\u{3}")
            try terminal.expect("^C2")
            terminal.type("\u{1C}")
            try terminal.expect("code=3")
        }
    }

    @Test("Ctrl-Z gives the shell its prompt back, bg and fg have the command go on")
    func suspend() throws {
        try withShell { sidecar, terminal, shell in
            try sidecar.folder.write(
                "echo be''gun; read line; echo got-$line; while [ ! -e go ]; do sleep 0.01; done; exit 9", to: "script")
            try shell.run("run sh ./script; echo code=$?")
            try terminal.expect("begun")
            terminal.type("\u{1A}")
            try terminal.expect("Stopped")
            try shell.run("fg; echo code=$?")
            try awaitForeground("sh", of: terminal)
            terminal.type("hello\n")
            try terminal.expect("got-hello")
            terminal.type("\u{1A}")
            try terminal.expect("Stopped", times: 2)
            try shell.run("bg")
            try sidecar.folder.write("", to: "go")
            try shell.run("wait %1; echo waited=$?")
            try terminal.expect("waited=9")
        }
    }

    @Test("Ctrl-Z is the command's to follow or not, as without estopctl")
    func ignoredSuspend() throws {
        try withShell { _, terminal, shell in
            let script = "trap \"echo he\"\"ard\" TSTP; echo be''gun; read line; echo a''fter"
            try shell.run("run sh -c '\(script)'")
            try terminal.expect("begun")
            terminal.type("\u{1A}")
            try terminal.expect("heard")
            // It may have been on its way to reading, which then waits for a line, or reading, which ends by a signal.
            terminal.type("\n")
            try terminal.expect("after")
            #expect(!terminal.text.contains("Stopped"))
        }
    }

    @Test("a command that stops itself, as an editor does, gives the shell its prompt back")
    func ownStop() throws {
        try withShell { sidecar, terminal, shell in
            try shell.run("run sh -c 'kill -TSTP $$; echo af''ter; exit 9'; echo code=$?")
            try terminal.expect("Stopped")
            try shell.run("fg; echo co''de=$?")
            try terminal.expect("after")
            try terminal.expect("code=9")
        }
    }

    @Test("a stop reaches a job that stands still in the background")
    func stopInBackground() throws {
        try withShell { sidecar, terminal, shell in
            try shell.run("run sh -c 'echo be''gun; exec cat'")
            try terminal.expect("begun")
            terminal.type("\u{1A}")
            try terminal.expect("Stopped")
            try sidecar.set("stop")
            try terminal.expect("estopctl: stopped: stop A (listed)")
            // Nobody has to continue it to see its end.
            try eventually("that the shell sees its end") {
                try shell.run("jobs")
                return terminal.text.contains("Terminated")
            }
        }
    }

    @Test("what somebody else stops and continues goes on, and the shell sees both")
    func stoppedFromOutside() throws {
        try withShell { sidecar, terminal, shell in
            try sidecar.folder.write(
                "echo be''gun-$$; while [ ! -e go ]; do sleep 0.01; done; exit 9", to: "script")
            try shell.run("run sh ./script")
            try terminal.expect("begun-")
            let said = try #require(terminal.text.ranges(of: "begun-").last)
            let command = try #require(pid_t(terminal.text[said.upperBound...].prefix { $0.isNumber }))
            for round in 1...20 {
                kill(command, SIGSTOP)
                try terminal.expect("Stopped", times: round)
                kill(command, SIGCONT)
                try shell.run("echo; until jobs | grep Run''ning; do sleep 0.01; done; fg")
                try awaitForeground("sh", of: terminal)
            }
            try sidecar.folder.write("", to: "go")
            try shell.run("echo code=$?")
            try terminal.expect("code=9")
        }
    }

    @Test("where the supervisor is killed while the job stands still, the shell sees its end")
    func supervisorKilledWhileStopped() throws {
        try withShell { sidecar, terminal, shell in
            try shell.run("run sh -c 'echo be''gun; exec cat'")
            try terminal.expect("begun")
            terminal.type("\u{1A}")
            try terminal.expect("Stopped")
            let supervisor = try #require(pid_t(try sidecar.connect().askLines("ps").first?["pid"] ?? ""))
            kill(supervisor, SIGKILL)
            try eventually("that the shell sees its end") {
                try shell.run("jobs")
                return terminal.text.contains("Exit 75")
            }
        }
    }

    @Test("a job in the background stops when it reads, and goes on in the foreground")
    func backgroundRead() throws {
        try withShell { _, terminal, shell in
            try shell.run("run sh -c 'read line; echo got-$line' &")
            try eventually("that it stands still") {
                try shell.run("jobs")
                return terminal.text.contains("Stopped")
            }
            try shell.run("fg")
            try awaitForeground("sh", of: terminal)
            terminal.type("hello\n")
            try terminal.expect("got-hello")
            try shell.run("echo e''nd")
            try terminal.expect("end")
        }
    }

    @Test("the command may put the terminal into raw mode, and read it key by key")
    func raw() throws {
        try withShell { _, terminal, shell in
            let script = "stty raw -echo </dev/tty; echo be''gun; head -c1 </dev/tty; stty sane; echo -do''ne"
            try shell.run("run sh -c '\(script)'")
            try terminal.expect("begun")
            terminal.type("x")
            try terminal.expect("x-done")
        }
    }

    @Test("a change of the window's size reaches the command")
    func windowSize() throws {
        try withShell { sidecar, terminal, shell in
            let script = "trap \"stty size\" WINCH; echo be''gun; while [ ! -e go ]; do sleep 0.01; done; exit 9"
            try shell.run("run bash -c '\(script)'; echo code=$?")
            try terminal.expect("begun")
            terminal.resize(columns: 91, rows: 31)
            try terminal.expect("31 91")
            try sidecar.folder.write("", to: "go")
            try terminal.expect("code=9")
        }
    }

    @Test("a terminal that hangs up ends the command, with a shell between and without")
    func hangUp() throws {
        try withSidecar { sidecar in
            for prefix in [[], ["bash", "-c", "\"$@\"; exit $?", "bash"]] {
                let terminal = try PseudoTerminal()
                let run = try EstopctlRun(
                    ["sh", "-c", "echo begun; (sleep 1000 &); exec sleep 1000"], options: ["--grace", "200ms"],
                    prefix: prefix, under: sidecar, terminal: terminal)
                try terminal.expect("begun")
                terminal.hangUp()
                // What a command leaves may hear no hang-up; it is the run's all the same.
                try eventually("the end of the command") { run.command.count <= 1 }
                try sidecar.set("stop")
                try run.expectNothingLeft()
                try sidecar.set("go")
                try sidecar.awaitStatus("go A")
            }
        }
    }

    @Test("a pause keeps a command that was continued by fg from going on")
    func foregroundWhilePaused() throws {
        try withShell { sidecar, terminal, shell in
            try shell.run("run sh -c 'echo be''gun; while [ ! -e go ]; do sleep 0.01; done; exit 9'; echo code=$?")
            try terminal.expect("begun")
            terminal.type("\u{1A}")
            try terminal.expect("Stopped")
            try sidecar.set("pause")
            try terminal.expect("paused: pause A")
            let before = try processes("sh", of: terminal).map(switches)
            try shell.run("fg; echo co''de=$?")
            // For a moment it goes on, since the shell continues it; then it stands still again. The shell gives it the
            // terminal first: that it stands still there says nothing before it has been continued.
            try eventually("that it was continued, and stands still in the foreground") {
                try foreground("sh", of: terminal).contains { $0.contains(") T ") && !before.contains(switches($0)) }
            }
            try sidecar.folder.write("", to: "go")
            try throughout(.milliseconds(300), "that it does not go on") { !terminal.text.contains("code=9") }
            try sidecar.set("go")
            try terminal.expect("goes on: go A")
            try terminal.expect("code=9")
        }
    }

    private func awaitForeground(_ name: String, of terminal: PseudoTerminal) throws {
        try eventually("\(name) in the foreground of the terminal, where there is \(terminal.text.debugDescription)") {
            try !foreground(name, of: terminal).isEmpty
        }
    }

    /// The lines of `/proc/PID/stat` of those of this name that are in the foreground of the terminal.
    private func foreground(_ name: String, of terminal: PseudoTerminal) throws -> [String] {
        // PID (COMMAND) STATE PPID PGRP SESSION TTY TPGID …
        try processes(name, of: terminal).filter { line in
            let words = line.split(separator: " ")
            return words[4] == words[7]
        }
    }

    /// Which process it is, and how often it has been switched to another.
    private func switches(_ line: String) -> String {
        let pid = line.prefix { $0 != " " }
        let status = (try? textOfFile(at: "/proc/\(pid)/status")) ?? ""
        return pid + status.split(separator: "\n").filter { $0.contains("ctxt_switches") }.joined()
    }

    /// The lines of `/proc/PID/stat` of those of this name whose terminal it is.
    private func processes(_ name: String, of terminal: PseudoTerminal) throws -> [String] {
        var status = stat()
        guard stat(terminal.path, &status) == 0 else { throw TestFailure(systemCall: "stat \(terminal.path)") }
        return namesInDirectory("/proc").compactMap { pid in
            guard let line = try? textOfFile(at: "/proc/\(pid)/stat"), line.contains("(\(name)) ") else { return nil }
            return line.split(separator: " ")[6] == "\(status.st_rdev)" ? line : nil
        }
    }
}
