import Glibc
import TestSupport
import Testing

@Suite("estopctl run: while nobody takes what it says", .blocking)
struct RunUnheardTests {
    @Test("a pause, a go and a stop act although standard error is a full pipe")
    func fullPipe() throws {
        try withSidecar { sidecar in
            let pipe = try FullPipe()
            let run = try EstopctlRun(
                script: "trap '' TERM; echo ready; while :; do sleep 0.01; done", options: ["--grace", "300ms"],
                under: sidecar, errorOutput: pipe.writingEnd)
            try sidecar.set("pause")
            try run.expect(allStopped: true)
            try sidecar.set("go")
            try run.expect(allStopped: false)
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGKILL))
            try run.expectNothingLeft()
            #expect(try sidecar.connect().askLines("ps").map(\.head) == ["end 0"])
        }
    }

    /// Both in one test, as each takes as long as a lease.
    @Test("nothing goes on in the dark: sidecar killed, supervisor frozen")
    func darkness() throws {
        try withSidecar { killed in
            try withSidecar { healthy in
                let pipe = try FullPipe()
                let runs = try [killed, healthy].map {
                    try EstopctlRun(
                        script: "trap '' TERM; echo ready; while :; do sleep 1; done", options: ["--grace", "200ms"],
                        under: $0, errorOutput: pipe.writingEnd)
                }
                kill(try runs[1].supervisor(healthy), SIGSTOP)
                killed.signal(SIGKILL)
                #expect(try runs[0].guardian.wait(within: .seconds(30)) == .killed(SIGKILL))
                #expect(try runs[1].guardian.wait(within: .seconds(30)) == .exited(75))
                for run in runs { try run.expectNothingLeft() }
            }
        }
    }

    @Test("a run that may not start ends although standard error is a full pipe")
    func refusal() throws {
        try withSidecar(file: #"{"Name":"A","Status":"stop"}"#) { sidecar in
            let pipe = try FullPipe()
            let run = try EstopctlRun(["echo", "started"], under: sidecar, errorOutput: pipe.writingEnd)
            #expect(try run.guardian.wait() == .exited(75))
            #expect(run.guardian.output == "")
        }
    }

    @Test("what was said while nobody read is there once somebody reads")
    func late() throws {
        try withSidecar { sidecar in
            let pipe = try FullPipe()
            let run = try EstopctlRun(
                script: "echo ready; exec sleep 1000", under: sidecar, errorOutput: pipe.writingEnd)
            try sidecar.set("pause")
            try run.expect(allStopped: true)
            pipe.makeRoom()
            var text = ""
            try eventually("what was said in \(text)") {
                text += String(decoding: pipe.take(), as: UTF8.self)
                return text == "estopctl: paused: pause A (listed): INC-1\n"
            }
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGTERM))
        }
    }

    @Test("a stop acts on a terminal that is held with Ctrl-S")
    func heldTerminal() throws {
        try withSidecar { sidecar in
            let terminal = try PseudoTerminal()
            let run = try EstopctlRun(
                ["sh", "-c", "while :; do echo tick; sleep 0.01; done"], options: ["--grace", "300ms"], under: sidecar,
                terminal: terminal)
            try terminal.expect("tick")
            terminal.type("\u{13}")
            var before = ""
            try eventually("that the terminal is held") {
                before = terminal.text
                usleep(200_000)
                return terminal.text == before
            }
            try sidecar.set("stop")
            #expect(try run.guardian.wait() == .killed(SIGTERM))
            try run.expectNothingLeft()
            #expect(terminal.text == before)
        }
    }
}
