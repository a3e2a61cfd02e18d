internal import ArgumentParser
internal import EmergencyStop
internal import Glibc

/// The demonstration of the talk: it "erases disks", a line a second, until somebody stops it.
///
/// The disks do not exist.
@main
struct SatelliteDiskErase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "satellite-disk-erase",
        abstract: "Pretends to erase disks for as long as the emergency stop lets it.",
        discussion: """
            Run estopd beside it, then change "go" to "stop" in configs/es.json and see what happens: it exits with \
            75, "try again later". With "pause" it holds between two disks.
            """
    )

    @Option(help: "The sidecar's socket (default: $ESTOP_SOCKET, else /run/estop/estop.sock).")
    var socket: String?

    @Option(help: "The workflow's name in the stop file.")
    var name = "SatelliteDiskErase"

    @Option(help: "Milliseconds for each disk.")
    var pace = 1_000

    @Option(help: "How many disks there are (default: no end of them, with --work 60).")
    var disks: Int?

    @Flag(help: "Erase through a WorkRunner: three disks at a time, with the run as the gate before each.")
    var work = false

    func validate() throws {
        guard pace > 0 else { throw ValidationError("--pace has to be at least 1") }
        if let disks, disks < 1 { throw ValidationError("--disks has to be at least 1") }
    }

    func run() async throws {
        do {
            try await withEmergencyStopClient(.init(socketPath: socket)) { estop in
                try await estop.withWorkflow(name) { run in
                    if work {
                        try await eraseInParallel(under: run)
                    } else {
                        try await eraseOneByOne(under: run)
                    }
                }
            }
        } catch let stopped as EmergencyStopped {
            say("emergency stop is in effect: \(stopped)")
            throw ExitCode(75)
        }
    }

    private func eraseOneByOne(under run: WorkflowRun) async throws {
        for number in 1...(disks ?? .max) {
            try await run.checkpoint()
            say("happily erasing disk \(number)")
            try await Task.sleep(for: .milliseconds(pace))
        }
    }
}

/// Prints a line at once, also where the output is no terminal.
func say(_ line: String) {
    print(line)
    // All streams: the variable that names standard output cannot be used from concurrent code.
    fflush(nil)
}
