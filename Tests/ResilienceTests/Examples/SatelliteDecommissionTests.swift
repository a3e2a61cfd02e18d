import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct SatelliteDecommissionTests {
    private let program = Program("satellite-decommission")

    /// Fast enough for a test; the pace itself is the token bucket's affair, and tested there.
    private let quick = ["--rate", "100000", "--job-time", "0", "--concurrency", "8"]

    @Test func `without a terminal it prints plain lines and a report`() async throws {
        let result = try await program.run(quick + ["--machines", "40", "--failure-rate", "0"])
        #expect(result.status == 0)
        #expect(result.lines.first == "block drain")
        #expect(result.lines.contains("50 %: 40 succeeded, 40 not started"))
        #expect(result.lines.last == "SatelliteDiskErase: 80 succeeded")
        #expect(!result.output.contains("\u{1B}") && !result.output.contains("\r"))
    }

    @Test func `on a terminal it draws a bar`() async throws {
        let places: [String] = ["/usr/bin/script", "/bin/script"]
        guard let script = places.first(where: { access($0, X_OK) == 0 }) else {
            print("SKIPPED: no script(1) here to make a terminal: the bar goes untested")
            return
        }
        let command = ([program.path] + quick + ["--machines", "20", "--failure-rate", "0"]).joined(separator: " ")
        let result = try await Program(path: script).run(["-qec", command, "/dev/null"])
        #expect(result.output.contains("\r\u{1B}[K"))
        #expect(result.output.contains("████████████████████████████████████████ 40/40, 0 running"))
    }

    @Test func `too many failures stop it`() async throws {
        let result = try await program.run(
            quick + ["--machines", "200", "--failure-rate", "100", "--error-limit", "3", "--strict", "--no-canary"])
        #expect(result.status == 1)
        #expect(result.errors.contains("stopped at the error limit of 3 (3 failed, 397 not started)"))
    }

    @Test func `a canary that fails stops it`() async throws {
        let result = try await program.run(quick + ["--failure-rate", "100", "--error-limit", "100%"])
        #expect(result.status == 1)
        #expect(result.errors.contains("which was in the first batch of its block (1 failed, 599 not started)"))
    }

    @Test func `stopped, it goes on from its journal`() async throws {
        let folder = try TemporaryFolder()
        // A machine that is busy has 36 s to stop it.
        let arguments = ["--machines", "400", "--failure-rate", "0", "--journal", folder.path("journal")]
        let stopped = try RunningProgram(
            "satellite-decommission", arguments + ["--rate", "20", "--job-time", "0", "--no-canary"])
        #expect(await stopped.line(containing: "10 %") != nil)
        stopped.signal(SIGINT)
        #expect(await stopped.finish() == 1)
        let result = try await program.run(quick + arguments)
        #expect(result.status == 0)
        let skipped = result.lines.last?.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0
        #expect((80..<800).contains(skipped), "\(result.lines.last ?? "")")
    }

    @Test func `checking runs nothing`() async throws {
        let result = try await program.run(["--machines", "7", "--validate-only"])
        #expect(result.lines == ["SatelliteDiskErase: 14 not started"])
    }

    @Test(arguments: [
        ["--error-limit", "-1"], ["--error-limit", "101%"], ["--error-limit", "few"], ["--machines", "0"],
        ["--concurrency", "0"], ["--rate", "0"], ["--failure-rate", "101"], ["--job-time", "-1"], ["surplus"],
    ])
    func `bad values are refused with 64 and a word on why`(arguments: [String]) async throws {
        let result = try await program.run(arguments)
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("Error: "))
        #expect(result.output.isEmpty)
    }
}
