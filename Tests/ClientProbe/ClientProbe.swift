internal import EmergencyStop
internal import Glibc

/// A process that runs a workflow and says what it sees, for tests that freeze and kill processes.
///
/// `client-probe SOCKET NAME`: prints `started`, then a line for each change that a stream tells, `over` at the end of the
/// run's body, and a line for what ended it; with `read` as the third argument it reads `run.status` as fast as it can and prints the first that is not
/// `go`.
@main
enum ClientProbe {
    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            print("usage: client-probe SOCKET NAME [read]")
            exit(64)
        }
        do {
            try await withEmergencyStopClient(.init(socketPath: arguments[1])) { estop in
                if arguments.count > 3 {
                    try await read(estop, arguments[2])
                } else {
                    try await watch(estop, arguments[2])
                }
            }
        } catch {
            say("ended: \(error)")
        }
    }

    /// Never suspends while it runs, so that all it knows is what it reads.
    private static func read(_ estop: EmergencyStopClient, _ name: String) async throws {
        try await estop.withWorkflow(name) { run in
            say("started")
            defer { say("over") }
            while run.status == .go { usleep(100) }
            say("read: \(run.report.status) \(run.report.cause)")
        }
    }

    private static func watch(_ estop: EmergencyStopClient, _ name: String) async throws {
        let watching = Task {
            for await report in estop.changes(name) { say("told: \(report.status) \(report.cause)") }
        }
        defer { watching.cancel() }
        try await estop.withWorkflow(name) { run in
            say("started")
            defer { say("over") }
            while true {
                try await run.checkpoint()
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
