internal import Resilience

/// A data centre to be given up, of machines that do not exist.
struct Satellite {
    let machines: Int
    let failureRate: Double
    let jobTime: Int

    /// All machines are drained before the first disk is erased.
    var work: Work {
        Work(name: "SatelliteDiskErase", blocks: [block("drain"), block("erase")])
    }

    private func block(_ action: String) -> Work.Block {
        Work.Block(
            action,
            jobs: (1...machines).map { number in
                PretendJob(
                    id: "\(action) satellite-\(String(number + 1_000_000).dropFirst())", failureRate: failureRate,
                    jobTime: jobTime)
            })
    }
}

/// Takes a moment, and fails now and then.
private struct PretendJob: Work.Job {
    struct DiskTrouble: Error, CustomStringConvertible {
        let description = "the pretend disk does not answer"
    }

    let id: String
    let failureRate: Double
    let jobTime: Int

    func validate() async throws {}

    func run() async throws {
        try await Task.sleep(for: .milliseconds(Int.random(in: jobTime / 2...max(jobTime / 2, jobTime))))
        if Double.random(in: 0..<100) < failureRate { throw DiskTrouble() }
    }
}
