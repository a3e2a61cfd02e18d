internal import EmergencyStop
internal import Resilience

extension SatelliteDiskErase {
    /// Erases three disks at a time. Before each the run is asked: it waits while the workflow is paused, and throws
    /// once it is stopped, which stops the work.
    func eraseInParallel(under run: WorkflowRun) async throws {
        let erase = Work(
            name: name,
            blocks: [
                Work.Block("erase", jobs: (1...(disks ?? 60)).map { PretendErase(number: $0, pace: pace) })
            ]
        )
        let runner = WorkRunner(concurrency: 3, gate: run.checkpoint)
        do throws(WorkFailure) {
            let report = try await runner.run(erase)
            say("all done: \(report.tally)")
        } catch {
            say("not all done: \(error.report.tally)")
            throw error
        }
    }
}

/// Takes its time and erases nothing.
private struct PretendErase: Work.Job {
    let number: Int
    let pace: Int

    var id: String { "disk \(number)" }

    func validate() async throws {}

    func run() async throws {
        say("happily erasing disk \(number)")
        try await Task.sleep(for: .milliseconds(pace))
    }
}
