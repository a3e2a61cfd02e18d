internal import ArgumentParser
internal import EmergencyStop
internal import Glibc

/// Waits until no run is left, and shows those that are.
struct RunsLeft {
    /// How often the sidecar is asked: runs end without a word to those who did not start them.
    private static let interval = Duration.milliseconds(200)

    let names: [WorkflowName]
    let socket: SocketOptions
    let json: Bool

    /// What one look found.
    struct Look {
        var runs: [ServerLine.Run] = []
        /// Whether the sidecar knows all runs: a young one does not.
        var isComplete = true
        var problem: SidecarError?

        /// Whether nothing is left for certain.
        var isOver: Bool { runs.isEmpty && isComplete && problem == nil }
    }

    /// Returns 0 once nothing is left, or 4 with the list.
    func wait(for limit: Duration) -> ExitCode {
        let start = ContinuousClock.now
        var display = RunsDisplay(isLive: isatty(STDOUT_FILENO) == 1 && !json)
        var connection: SidecarConnection?
        while true {
            let look = look(&connection)
            let elapsed = ContinuousClock.now - start
            if look.isOver {
                display.finish(elapsed, json: json)
                return .success
            }
            guard elapsed < limit else {
                display.giveUp(look, elapsed, json: json)
                return .timedOut
            }
            display.show(look, elapsed, of: limit)
            let pause = min(Self.interval, limit - elapsed)
            usleep(UInt32(max(1_000, pause / .microseconds(1))))
        }
    }

    private func look(_ connection: inout SidecarConnection?) -> Look {
        var look = Look()
        do throws(SidecarError) {
            let open: SidecarConnection
            if let connection { open = connection } else { open = try socket.connect() }
            connection = open
            var seen: Set<RunID> = []
            for name in names {
                let end = try open.ask(.processes(name)) { line in
                    guard case .run(let run) = line.understood, seen.insert(run.id).inserted else { return }
                    look.runs.append(run)
                }
                if end.fields.text("complete") == "no" { look.isComplete = false }
            }
        } catch {
            connection = nil
            look.problem = error
        }
        return look
    }
}
