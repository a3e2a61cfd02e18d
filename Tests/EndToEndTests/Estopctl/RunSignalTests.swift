import Glibc
import TestSupport
import Testing

@Suite("estopctl run: signals to more than one of its processes", .blocking)
struct RunSignalTests {
    /// What the command, a process that counts its signals, has heard.
    private func heard(by run: EstopctlRun) -> [Substring] {
        Array(run.guardian.output.split(separator: "\n").dropFirst())
    }

    /// Sends a signal in some way, then another that is passed on after it, and checks that the command hears each once.
    private func expectOnce(_ number: Int32, by run: EstopctlRun, _ what: String, send: () throws -> Void) throws {
        let before = heard(by: run).count
        try send()
        try eventually("\(number) after \(what)") { heard(by: run).dropFirst(before).contains("\(number)") }
        run.guardian.signal(SIGUSR2)
        try eventually("\(SIGUSR2) after \(what)") { heard(by: run).dropFirst(before).contains("\(SIGUSR2)") }
        #expect(heard(by: run).dropFirst(before) == ["\(number)", "\(SIGUSR2)"], "\(what)")
    }

    /// Has the supervisor get at once what is sent one after the other, however busy the machine is. Not for SIGTSTP, which
    /// a process that is continued loses.
    private func atOnce(for supervisor: pid_t, of run: EstopctlRun, send: () throws -> Void) throws {
        kill(supervisor, SIGSTOP)
        try eventually("that it stands still") { run.state(supervisor) == "T" }
        try send()
        kill(supervisor, SIGCONT)
    }

    private func start(
        under sidecar: RunningSidecar, command: [String] = [], prefix: [String] = ["setsid"]
    ) throws -> (run: EstopctlRun, command: pid_t) {
        let run = try EstopctlRun(command + [builtProgram("signal-probe")], prefix: prefix, under: sidecar)
        try run.expect("ready")
        let probe = try #require(run.command.first { run.name($0).hasPrefix("signal-probe") })
        return (run, probe)
    }

    private static let numbers: [Int32] = [SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGWINCH, SIGTSTP, 40]

    @Test("a signal to the process group reaches the command once, and one to estopctl alone as well")
    func group() throws {
        try withSidecar { sidecar in
            let (run, _) = try start(under: sidecar)
            let supervisor = try run.supervisor(sidecar)
            for number in Self.numbers {
                for _ in 0..<3 {
                    try expectOnce(number, by: run, "a signal to the group") { kill(-run.guardian.pid, number) }
                    try expectOnce(number, by: run, "a signal to the guardian") { run.guardian.signal(number) }
                }
                try expectOnce(number, by: run, "a signal to the supervisor") { kill(supervisor, number) }
            }
            run.guardian.signal(SIGQUIT)
            #expect(try run.guardian.wait() == .exited(3))
        }
    }

    @Test(
        "a signal to each process, as systemd sends it to a cgroup, reaches the command once, also outside of the group"
    )
    func controlGroup() throws {
        try withSidecar { sidecar in
            for wrapper in [[], ["setsid"]] {
                let (run, command) = try start(under: sidecar, command: wrapper)
                let supervisor = try run.supervisor(sidecar)
                let all = [run.guardian.pid, try run.sweeper(), supervisor, command]
                for number in Self.numbers where number != SIGTSTP {
                    try expectOnce(number, by: run, "a signal to each") {
                        try atOnce(for: supervisor, of: run) { for pid in all { kill(pid, number) } }
                    }
                    try expectOnce(number, by: run, "a signal to each, the last first") {
                        try atOnce(for: supervisor, of: run) { for pid in all.reversed() { kill(pid, number) } }
                    }
                }
                run.guardian.signal(SIGQUIT)
                #expect(try run.guardian.wait() == .exited(3))
            }
        }
    }

    @Test("a signal to estopctl's processes alone, as by the name of its program, reaches the command")
    func byProgram() throws {
        try withSidecar { sidecar in
            let (run, _) = try start(under: sidecar)
            let supervisor = try run.supervisor(sidecar)
            let own = [run.guardian.pid, try run.sweeper(), supervisor].map { "\($0)" }
            for number in Self.numbers where number != SIGTSTP {
                try expectOnce(number, by: run, "a signal to estopctl") {
                    try atOnce(for: supervisor, of: run) {
                        _ = try TestSupport.run(["kill", "-\(number)"] + own, in: sidecar.folder)
                    }
                }
            }
        }
    }

    @Test("a signal to the group reaches a command that has left it")
    func commandOutsideOfGroup() throws {
        try withSidecar { sidecar in
            let (run, _) = try start(under: sidecar, command: ["setsid"])
            for number in Self.numbers {
                try expectOnce(number, by: run, "a signal to the group") { kill(-run.guardian.pid, number) }
            }
        }
    }

    @Test("a signal to the group of a job that stands still reaches the command once, when it goes on")
    func standingStill() throws {
        try withSidecar { sidecar in
            let (run, command) = try start(under: sidecar)
            for number in [SIGTERM, SIGHUP] {
                try expectOnce(number, by: run, "a signal to the group that stood still") {
                    for pid in [command, run.guardian.pid] { kill(pid, SIGSTOP) }
                    kill(-run.guardian.pid, number)
                    let before = heard(by: run)
                    // Longer than a signal is held.
                    try throughout(.milliseconds(150), "that nothing is heard") { heard(by: run) == before }
                    kill(-run.guardian.pid, SIGCONT)
                }
            }
        }
    }

    @Test("the sweeper gone, a signal to estopctl alone is passed on, and one to the group is not lost")
    func withoutSweeper() throws {
        try withSidecar { sidecar in
            let (run, _) = try start(under: sidecar)
            let sweeper = try run.sweeper()
            kill(sweeper, SIGKILL)
            try eventually("its end") { run.state(sweeper) ?? "Z" == "Z" }
            try expectOnce(SIGTERM, by: run, "a signal to the guardian") { run.guardian.signal(SIGTERM) }
            kill(-run.guardian.pid, SIGHUP)
            try eventually("that it is heard") { heard(by: run).contains("\(SIGHUP)") }
        }
    }

    @Test("timeout, which signals estopctl and then its own group, reaches the command once")
    func timeout() throws {
        try withSidecar { sidecar in
            let (run, _) = try start(under: sidecar, prefix: ["timeout", "-s", "USR1", "1000"])
            // To it, the time is over then.
            run.guardian.signal(SIGALRM)
            try eventually("that it is heard") { heard(by: run).contains("\(SIGUSR1)") }
            let guardian = try #require(run.processes.first { run.name($0) == "estopctl" })
            kill(guardian, SIGUSR2)
            try eventually("the next") { heard(by: run).contains("\(SIGUSR2)") }
            #expect(heard(by: run) == ["\(SIGUSR1)", "\(SIGUSR2)"])
            kill(guardian, SIGQUIT)
            #expect(try run.guardian.wait() == .exited(124))
        }
    }

    @Test("the command of a run within a run gets one SIGTERM at a stop")
    func nested() throws {
        func file(_ status: String) -> String {
            #"{"Name":"A","Status":"\#(status)"} {"Name":"B","Status":"go"}"#
        }
        try withSidecar(file: file("go")) { sidecar in
            let inner = [builtProgram("estopctl"), "run", "B", "--"]
            let (run, command) = try start(under: sidecar, command: inner, prefix: [])
            try sidecar.folder.replace("es.json", with: file("stop"))
            try eventually("SIGTERM") { !heard(by: run).isEmpty }
            let guardian = try #require(run.processes.first { run.name($0) == "estopctl" && $0 != run.guardian.pid })
            kill(guardian, SIGUSR2)
            try eventually("the next") { heard(by: run).contains("\(SIGUSR2)") }
            #expect(heard(by: run) == ["\(SIGTERM)", "\(SIGUSR2)"])
            kill(command, SIGQUIT)
            #expect(try run.guardian.wait() == .exited(3))
        }
    }
}
