import Glibc
import TestSupport
import Testing

@Suite("estopctl run: when estopctl or the sidecar is killed or stands still", .blocking)
struct RunKillTests {
    private static let script = """
        (setsid sh -c 'trap "" TERM HUP; while :; do sleep 1; done' &)
        (nohup sh -c 'while :; do sleep 1; done' >/dev/null 2>&1 &)
        trap '' TERM
        echo ready
        while :; do sleep 1; done
        """

    enum Victim: String, CaseIterable {
        case guardian, supervisor, sweeper
    }

    /// Every choice of one or two of the three.
    private static let victims: [[Victim]] = [
        [.guardian], [.supervisor], [.sweeper, .guardian], [.sweeper, .supervisor], [.guardian, .supervisor],
    ]

    @Test("killed, its processes leave nothing of the command, two at once neither", arguments: victims)
    func killed(victims: [Victim]) throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(script: Self.script, options: ["--grace", "200ms"], under: sidecar)
            let (supervisor, sweeper) = (try run.supervisor(sidecar), try run.sweeper())
            for victim in victims {
                switch victim {
                case .guardian: kill(run.guardian.pid, SIGKILL)
                case .supervisor: kill(supervisor, SIGKILL)
                case .sweeper: kill(sweeper, SIGKILL)
                }
            }
            try run.expectNothingLeft()
            let isGuardianKilled = victims.contains(.guardian)
            #expect(run.guardian.ending == (isGuardianKilled ? .killed(SIGKILL) : .exited(75)))
            // A killed process has let go of its connection once the last of its threads has ended.
            try eventually("that no run is listed") {
                try sidecar.connect().askLines("ps").map(\.head) == ["end 0"]
            }
        }
    }

    @Test(
        "a run whose supervisor was killed is shown as lost until the last descendant is gone, another user's as well",
        .enabled(if: isRoot && hasProgram("setpriv")))
    func foreignDescendant() throws {
        try withSidecar(options: ["--socket-mode", "666"]) { sidecar in
            // As sudo does: it becomes root wholly, so that its user may not signal it.
            let becomeRoot = try sidecar.folder.copy(ofProgram: "/usr/bin/setpriv")
            try #require(chmod(becomeRoot, 0o4755) == 0)
            let run = try EstopctlRun(
                script: """
                    trap '' TERM
                    \(becomeRoot) --reuid 0 --regid 0 --clear-groups sh -c 'echo ready; exec sleep 1000' &
                    while :; do sleep 1; done
                    """,
                options: ["--grace", "200ms"],
                prefix: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
                program: try sidecar.folder.copy(ofProgram: builtProgram("estopctl")), under: sidecar)
            let supervisor = try run.supervisor(sidecar)
            kill(supervisor, SIGKILL)
            var left: [pid_t] = []
            try eventually("that all others are gone") {
                left = run.command
                let isShown = try isRunning(sidecar)
                #expect(isShown)
                return left.count == 1 && run.name(left[0]) == "sleep" && run.processes.count == 2
            }
            try throughout(.milliseconds(500), "that the run is shown as lost") {
                try sidecar.connect().askLines("ps").first?["lost"] == "yes"
            }
            #expect(run.guardian.ending == nil)
            kill(left[0], SIGKILL)
            #expect(try run.guardian.wait() == .exited(75))
            #expect(try sidecar.connect().askLines("ps").map(\.head) == ["end 0"])
        }
    }

    @Test("a kill by name does not reach all of them", arguments: ["comm", "command line"])
    func byName(what: String) throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(script: Self.script, options: ["--grace", "200ms"], under: sidecar)
            _ = (try run.supervisor(sidecar), try run.sweeper())
            // What pkill and pkill -f look at, for the names of estopctl and of the command.
            for name in ["estopctl", "while :"] {
                let hit = run.processes.filter { pid in
                    what == "comm"
                        ? run.name(pid).contains(name)
                        : ((try? textOfFile(at: "/proc/\(pid)/cmdline")) ?? "").contains(name)
                }
                let own = Set([run.guardian.pid, try run.supervisor(sidecar), try run.sweeper()])
                #expect(!own.isSubset(of: hit))
                #expect(own.intersection(hit).count <= 1)
            }
            run.guardian.signal(SIGKILL)
            try run.expectNothingLeft()
        }
    }

    @Test("the sweeper alone may die")
    func sweeperKilled() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(script: Self.script, options: ["--grace", "200ms"], under: sidecar)
            let sweeper = try run.sweeper()
            kill(sweeper, SIGKILL)
            try eventually("its end") { kill(sweeper, 0) != 0 || run.state(sweeper) == "Z" }
            #expect(run.guardian.ending == nil)
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGKILL))
            try run.expectNothingLeft()
        }
    }

    @Test("a stop is heard while the guardian stands still")
    func guardianFrozen() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(script: Self.script, options: ["--grace", "200ms"], under: sidecar)
            run.guardian.signal(SIGSTOP)
            try eventually("that it stands still") { run.state(run.guardian.pid) == "T" }
            try sidecar.set("stop")
            try eventually("that the command is gone") { run.command.isEmpty }
            run.guardian.signal(SIGCONT)
            #expect(try run.guardian.wait() == .killed(SIGKILL))
        }
    }

    /// All in one test, as each takes as long as a lease.
    @Test("nothing goes on in the dark: sidecar killed, sidecar frozen, supervisor frozen, no sidecar at all")
    func darkness() throws {
        try withSidecar { killed in
            try withSidecar { frozen in
                try withSidecar { healthy in
                    let options = ["--grace", "200ms"]
                    let runs = try [killed, frozen, healthy].map {
                        try EstopctlRun(script: Self.script, options: options, under: $0)
                    }
                    let supervisor = try runs[2].supervisor(healthy)
                    let begin = ContinuousClock.now
                    killed.signal(SIGKILL)
                    try frozen.freeze()
                    kill(supervisor, SIGSTOP)
                    _ = try killed.process.wait()
                    let unserved = try EstopctlRun(["echo", "started"], under: killed)
                    #expect(try unserved.guardian.wait(within: .seconds(30)) == .exited(75))
                    #expect(unserved.guardian.output == "")
                    let said = unserved.guardian.errorOutput
                    #expect(said.contains("no answer from the sidecar yet on \(killed.socket)"))
                    #expect(said.contains("not started: stop A (unreachable)"))
                    for run in runs[..<2] {
                        #expect(try run.guardian.wait(within: .seconds(30)) == .killed(SIGKILL))
                        #expect(run.guardian.errorOutput.contains("stopped: stop A (unreachable)"))
                    }
                    // While it is being ended, the run is shown.
                    try eventually("the end of the guardian") {
                        let hasEnded = runs[2].guardian.ending != nil
                        let isShown = try isRunning(healthy)
                        #expect(isShown || runs[2].command.isEmpty)
                        return hasEnded
                    }
                    #expect(runs[2].guardian.ending == .exited(75))
                    for run in runs { try run.expectNothingLeft() }
                    // Ten seconds of lease and the grace; the machine may be busy.
                    #expect(ContinuousClock.now - begin < .seconds(20))
                    #expect(ContinuousClock.now - begin > .seconds(7))
                }
            }
        }
    }

    @Test("a restart of the sidecar stops nobody, and the run is registered again")
    func restart() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(script: Self.script, options: ["--grace", "200ms"], under: sidecar)
            #expect(try sidecar.stop() == .exited(0))
            let next = try RunningSidecar(in: sidecar.folder, name: "estopd-2")
            defer { next.process.destroy() }
            try next.awaitReadiness()
            _ = try run.supervisor(next)
            #expect(run.guardian.ending == nil)
            #expect(run.guardian.errorOutput == "")
            try next.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGKILL))
            try run.expectNothingLeft()
        }
    }

    private func isRunning(_ sidecar: RunningSidecar) throws -> Bool {
        try sidecar.connect().askLines("ps").first?.head == "run A"
    }
}
