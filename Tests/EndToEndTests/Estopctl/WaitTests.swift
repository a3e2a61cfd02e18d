import Glibc
import TestSupport
import Testing

@Suite("estopctl stop --wait", .blocking)
struct WaitTests {
    private static let file = #"{"Name":"A","Status":"go"}{"Name":"AB","Status":"go"}"#
    @Test("ends with 0 once no run that the pattern matches is left")
    func success() async throws {
        try await withGrownSidecar(file: Self.file) { sidecar in
            let runs = try (1...2).map { try sidecar.enterRun($0 == 1 ? "A" : "AB", id: $0) }
            let stop = try sidecar.alice.start("stop", "--prefix", "A", "--wait", "60s", name: "stop")
            defer { stop.destroy() }
            try eventually("two left") { stop.errorOutput.contains("2 runs left") }
            // Who reads a pipe knows already that it is in force.
            #expect(stop.output.hasSuffix("; 2 runs still stopping\n"))
            for (index, run) in runs.enumerated() {
                #expect(stop.ending == nil)
                let name = index == 0 ? "A" : "AB"
                try run.line("its stop") { $0.head == "stop \(name)" }
                _ = try run.ask("leave \(name)\trun=\(RunningSidecar.runID(index + 1))")
                if index == 0 { try eventually("one left") { stop.errorOutput.contains("1 run left") } }
            }
            #expect(try stop.wait() == .exited(0))
            #expect(stop.output.contains("; 2 runs still stopping\nno run is left after "), "\(stop.output)")
        }
    }

    @Test("ends with 0 at once where nothing runs")
    func nothingRuns() async throws {
        try await withGrownSidecar(file: Self.file) { sidecar throws in
            #expect(try sidecar.alice.calls("stop", "A", "--wait", "60s").ending == .exited(0))
        }
    }

    @Test("ends with 4 and the list of those that are left when the time is over")
    func timeOut() async throws {
        try await withGrownSidecar(file: Self.file) { sidecar in
            let run = try sidecar.enterRun("A")
            let result = try sidecar.alice.calls("stop", "A", "--wait", "300ms")
            #expect(result.ending == .exited(4))
            #expect(result.output.contains("NAME"))
            #expect(result.output.contains("\(getpid())"))
            #expect(result.errorOutput.contains("1 run left"))
            let json = try sidecar.alice.calls("stop", "A", "--wait", "0s", "--json")
            #expect(json.ending == .exited(4))
            #expect(json.output.contains(#""pid":\#(getpid()),"#))
            _ = try run.linesDue()
        }
    }

    @Test("does not succeed on a run whose connection broke")
    func lostRun() async throws {
        try await withGrownSidecar(file: Self.file) { sidecar in
            var run: LineClient? = try sidecar.enterRun("A")
            _ = try run?.linesDue()
            run = nil
            try eventually("that it is lost") { try sidecar.connect().askLines("ps").first?["lost"] == "yes" }
            let result = try sidecar.alice.calls("stop", "A", "--wait", "300ms")
            #expect(result.ending == .exited(4))
            #expect(result.output.contains("1 run still stopping, 1 of them lost"))
            #expect(result.errorOutput.contains("1 run left, 1 of them lost"))
        }
    }

    @Test("does not succeed on a sidecar that may not know all runs yet")
    func youngSidecar() throws {
        try withSidecar(file: Self.file) { sidecar in
            let result = try sidecar.alice.calls("stop", "A", "--wait", "300ms")
            #expect(result.ending == .exited(4))
            #expect(result.output.contains("; the sidecar just started; the run list may be incomplete"))
            #expect(result.errorOutput.contains("0 runs left; the sidecar just started; the run list"))
        }
    }

    @Test(
        "does not succeed on a sidecar that is frozen or gone, and takes no longer than asked",
        arguments: [
            SIGSTOP, SIGKILL,
        ])
    func lostSidecar(signal: Int32) async throws {
        try await withGrownSidecar(file: Self.file) { sidecar in
            let run = try sidecar.enterRun("A")
            let stop = try sidecar.alice.start("stop", "A", "--wait", "3s", name: "stop")
            defer { stop.destroy() }
            try eventually("one left") { stop.errorOutput.contains("1 run left") }
            let begin = ContinuousClock.now
            sidecar.signal(signal)
            #expect(try stop.wait() == .exited(4))
            #expect(stop.errorOutput.contains("which runs are left is not known: "))
            #expect(ContinuousClock.now - begin < .seconds(10))
            _ = run
        }
    }

    @Test("does not succeed on a workflow that somebody has released meanwhile")
    func released() async throws {
        try await withGrownSidecar(file: Self.file) { sidecar in
            let run = try sidecar.enterRun("A")
            let stop = try sidecar.alice.start("stop", "A*", "--wait", "60s", name: "stop")
            defer { stop.destroy() }
            try eventually("one left") { stop.errorOutput.contains("1 run left") }
            #expect(try sidecar.bob.calls("go", "A*", "--override").ending == .exited(0))
            _ = try run.ask("leave A\trun=\(RunningSidecar.runID(1))")
            try eventually("that it sees that") {
                stop.errorOutput.contains("0 runs left; the stop of A* does not hold: ")
            }
            #expect(stop.ending == nil)
            #expect(try sidecar.alice.calls("stop", "A*").ending == .exited(0))
            #expect(try stop.wait() == .exited(0))
        }
    }
}
