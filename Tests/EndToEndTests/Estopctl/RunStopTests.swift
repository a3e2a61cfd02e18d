import Glibc
import TestSupport
import Testing

@Suite("estopctl run: stop and pause", .blocking)
struct RunStopTests {
    /// Commands that are hard to end, each of which says when it is ready.
    private static let scripts = [
        "a loop": "echo ready; while :; do sleep 0.01; done",
        "one that ignores SIGTERM": "trap '' TERM; echo ready; while :; do sleep 1; done",
        "daemons": """
        (setsid sh -c 'while :; do sleep 1; done' &)
        (nohup sh -c 'trap "" TERM; while :; do sleep 1; done' >/dev/null 2>&1 &)
        setsid sh -c '(sleep 1000 &) ; (setsid sleep 1000 &)'
        echo ready
        sleep 1000
        """,
        "one that forks many who fork": """
        for host in 1 2 3 4 5 6 7 8 9 10; do
            sh -c 'while :; do sh -c "sleep 0.05 & sleep 0.02; wait"; done' &
        done
        echo ready
        wait
        """,
        "a fork storm": """
        trap '' TERM
        storm() { while :; do (setsid sh -c 'trap "" TERM; sleep 1000' &); sleep 0.02; done; }
        storm & storm &
        echo ready
        storm
        """,
        "a main thread that has ended": "exec \(builtProgram("thread-probe"))",
    ]

    @Test("a stop leaves not one process", arguments: scripts.keys.sorted())
    func stop(kind: String) throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: Self.scripts[kind]!, options: ["--grace", "300ms"], under: sidecar)
            #expect(!run.command.isEmpty)
            try sidecar.set("stop")
            let ending = try run.guardian.wait()
            // Not one is left at the moment at which it has ended.
            #expect(run.command == [])
            try run.expectNothingLeft()
            #expect(ending == .killed(SIGTERM) || ending == .killed(SIGKILL), "\(ending)")
            #expect(run.guardian.errorOutput.hasPrefix("estopctl: stopped: stop A (listed): INC-1\n"))
            #expect(try sidecar.connect().askLines("ps").map(\.head) == ["end 0"])
        }
    }

    @Test("each process gets one SIGTERM and the grace, what it starts to clean up gets none")
    func grace() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: """
                    trap "echo parent >> $0; sleep 0.3 && echo done >> $0; exit 3" TERM
                    sh -c 'trap "echo child >> $0; exit" TERM; echo ready; while :; do sleep 0.01; done' $0 &
                    while :; do sleep 0.01; done
                    """.replacing("$0", with: sidecar.folder.path(of: "log")),
                under: sidecar)
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .exited(3))
            let log = try sidecar.folder.text(of: "log").split(separator: "\n").map(String.init)
            #expect(log.sorted() == ["child", "done", "parent"])
            try run.expectNothingLeft()
        }
    }

    @Test("a command that ends well after a stop has not done what it was to do: 75")
    func successAfterStop() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done", under: sidecar)
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .exited(75))
        }
    }

    @Test("a stop that comes and goes is a stop all the same")
    func shortStop() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(script: "echo ready; exec sleep 1000", under: sidecar)
            try sidecar.set("stop")
            _ = try sidecar.connect().ask("sync")
            try sidecar.set("go")
            #expect(try run.guardian.wait() == .killed(SIGTERM))
        }
    }

    @Test("pause has all stand still, those who are started meanwhile too, and go has them go on")
    func pause() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(script: Self.scripts["one that forks many who fork"]!, under: sidecar)
            for _ in 0..<5 {
                try sidecar.set("pause")
                try run.expectSaid("paused: pause A (listed): INC-1")
                try run.expect(allStopped: true)
                let paused = Set(run.command)
                // Who is continued by somebody is stopped again.
                for pid in paused { kill(pid, SIGCONT) }
                try run.expect(allStopped: true)
                try throughout(.milliseconds(100), "that nothing is started") {
                    run.command.allSatisfy(run.isHeld)
                }
                try sidecar.set("go")
                try run.expectSaid("goes on: go A (listed): INC-1")
                try eventually("another process") { !paused.isSuperset(of: run.command) }
            }
            try sidecar.set("stop")
            try run.expectNothingLeft()
        }
    }

    /// Programs that stand still where the one child does that they look after.
    private static let followers = [
        "script": ["script", "-qec"], "runuser": ["runuser", "-u", "nobody", "--", "sh", "-c"],
        "both": ["runuser", "-u", "nobody", "--", "script", "-qec"],
    ]

    @Test(
        "go has all go on, also under a parent that stands still as its child does", arguments: followers.keys.sorted())
    func pauseUnderFollower(kind: String) throws {
        let program = Self.followers[kind]!
        guard hasProgram("script"), kind == "script" || isRoot && hasProgram("runuser") else { return }
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                program + ["echo ready; while :; do sleep 0.01; done"]
                    + (program.contains("script") ? ["/dev/null"] : []), under: sidecar)
            try run.expect("ready")
            for _ in 0..<20 {
                try sidecar.set("pause")
                try run.expect(allStopped: true)
                try sidecar.set("go")
                try run.expect(allStopped: false)
            }
            // Who follows may come to it late.
            var looks = 0
            try eventually("that nobody stands still any more") {
                looks = run.command.contains(where: run.isHeld) ? 0 : looks + 1
                return looks == 50
            }
            try sidecar.set("stop")
            try run.expectNothingLeft()
        }
    }

    @Test("what somebody had stopped before a pause stands still after it")
    func stoppedBeforePause() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "sleep 1000 & echo sleep-$!; echo ready; while :; do sleep 0.01; done", under: sidecar)
            let sleep = try #require(pid_t(run.guardian.output.drop { !$0.isNumber }.prefix { $0.isNumber }))
            kill(sleep, SIGSTOP)
            try eventually("that it stands still") { run.state(sleep) == "T" }
            try sidecar.set("pause")
            try run.expect(allStopped: true)
            try sidecar.set("go")
            try eventually("that the others go on") { run.command.contains { !run.isHeld($0) } }
            #expect(run.state(sleep) == "T")
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGTERM))
        }
    }

    @Test("a paused command hears a stop at once")
    func stopWhilePaused() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "trap 'echo heard; exit 3' TERM; echo ready; while :; do sleep 0.01; done", under: sidecar)
            try sidecar.set("pause")
            try run.expect(allStopped: true)
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .exited(3))
            #expect(run.guardian.output.contains("heard"))
        }
    }

    @Test("a paused command that ignores SIGHUP is not ended by it, and one that does not is")
    func hangUpWhilePaused() throws {
        try withSidecar { sidecar in
            let script = "echo ready; exec sleep 1000"
            let ignoring = try EstopctlRun(script: script, prefix: ["env", "--ignore-signal=HUP,INT"], under: sidecar)
            let other = try EstopctlRun(script: script, under: sidecar)
            try sidecar.set("pause")
            for run in [ignoring, other] { try run.expect(allStopped: true) }
            for run in [ignoring, other] { run.guardian.signal(SIGHUP) }
            #expect(try other.guardian.wait() == .killed(SIGHUP))
            #expect(ignoring.guardian.ending == nil)
            try ignoring.expect(allStopped: true)
            try sidecar.set("stop")
            #expect(try ignoring.guardian.wait() == .killed(SIGTERM))
        }
    }

    @Test("a reload does not end a paused command that handles it: it is heard on go; SIGTERM ends it all the same")
    func reloadWhilePaused() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "trap 'echo reload' HUP; trap '' TERM; echo ready; while :; do sleep 0.01; done",
                options: ["--grace", "200ms"], under: sidecar)
            try sidecar.set("pause")
            try run.expect(allStopped: true)
            run.guardian.signal(SIGHUP)
            try throughout(.milliseconds(300), "that it is paused") {
                run.guardian.ending == nil && run.command.allSatisfy(run.isHeld)
            }
            #expect(run.guardian.output == "ready\n")
            try sidecar.set("go")
            try run.expect("reload")
            try sidecar.set("pause")
            try run.expect(allStopped: true)
            run.guardian.signal(SIGTERM)
            #expect(try run.guardian.wait() == .killed(SIGKILL))
            #expect(run.guardian.output == "ready\nreload\n")
        }
    }

    @Test("stop --wait returns once the last descendant is gone")
    func waiting() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "(setsid sh -c 'trap \"\" TERM; sleep 1000' &); echo ready; exec sleep 1000",
                options: ["--grace", "500ms"], under: sidecar)
            let stop = try SpawnedProcess(
                [
                    builtProgram("estopctl"), "stop", "A", "--wait", "60s", "--socket", sidecar.socket, "--file",
                    sidecar.file,
                ], in: sidecar.folder, name: "stop")
            defer { stop.destroy() }
            // It cannot be over before the grace is.
            #expect(try stop.wait() == .exited(0))
            #expect(run.command == [])
            try run.expectNothingLeft()
        }
    }

    @Test("ps shows the command, and a signal to the process it names reaches it")
    func shown() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "trap 'echo heard; exit 4' TERM; echo ready; while :; do sleep 0.01; done", under: sidecar)
            let line = try sidecar.connect().askLines("ps")[0]
            #expect(line.head == "run A")
            #expect(line["comm"] == "estop:sh")
            let pid = try run.supervisor(sidecar)
            let shown = try TestSupport.run(
                [builtProgram("estopctl"), "ps", "--json", "--socket", sidecar.socket], in: sidecar.folder)
            #expect(shown.output.contains("\"pid\":\(pid)"))
            #expect(shown.output.contains(#""command":"sh -c trap 'echo heard"#), "\(shown.output)")
            kill(pid, SIGTERM)
            #expect(try run.guardian.wait() == .exited(4))
            #expect(try sidecar.connect().askLines("ps").map(\.head) == ["end 0"])
        }
    }

    @Test(
        "signals reach the command",
        arguments: [
            SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT, SIGALRM, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU, SIGPROF,
            SIGIO, SIGABRT, 34, 64,
        ])
    func signals(number: Int32) throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "trap 'echo heard; exit 5' \(number); echo ready; while :; do sleep 0.01; done",
                under: sidecar)
            run.guardian.signal(number)
            #expect(try run.guardian.wait() == .exited(5))
            #expect(run.guardian.output == "ready\nheard\n")
        }
    }

    @Test("a command that somebody stops and continues ends nobody else where no shell controls jobs")
    func stoppedWithoutShell() throws {
        try withSidecar { sidecar in
            for round in 1...10 {
                let run = try EstopctlRun(
                    ["sh", "-c", "echo command-$$; exec sleep 1000"],
                    prefix: ["setsid", "--wait", "sh", "-c", "\"$@\"; echo code=$?", "sh"], under: sidecar)
                try run.expect("command-")
                let command = try #require(
                    pid_t(run.guardian.output.drop { !$0.isNumber }.prefix { $0.isNumber }))
                kill(command, SIGSTOP)
                try eventually("that it stands still") { run.state(command) == "T" }
                // Once with time for estopctl to see it, once without.
                if round % 2 == 0 {
                    try throughout(.milliseconds(100), "that estopctl does not") {
                        run.processes.allSatisfy { $0 == command || run.state($0) != "T" }
                    }
                }
                kill(command, SIGCONT)
                kill(command, SIGTERM)
                #expect(try run.guardian.wait() == .exited(0))
                #expect(run.guardian.output.hasSuffix("code=143\n"))
                try run.expectNothingLeft()
            }
        }
    }

    @Test("what the command leaves behind is told of, its zombies are buried, and the run lasts until it is gone")
    func leftovers() throws {
        try withSidecar { sidecar in
            let run = try EstopctlRun(
                script: "for i in 1 2 3 4 5; do (true &); done; (sleep 1000 &); echo ready; exit 6", under: sidecar)
            try run.expectSaid("sh ended and left 1 process running, ")
            #expect(run.command.count == 1)
            let supervisor = try run.supervisor(sidecar)
            let children = try textOfFile(at: "/proc/\(supervisor)/task/\(supervisor)/children")
            #expect(children.split(separator: " ").count == 1)
            for pid in run.command { kill(pid, SIGTERM) }
            #expect(try run.guardian.wait() == .exited(6))
            try run.expectNothingLeft()
        }
    }
}
