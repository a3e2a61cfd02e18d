internal import ArgumentParser
internal import CPosix
internal import EmergencyStop

/// The operator's hand and the script's.
@main
struct Estopctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estopctl",
        abstract: "Stops, releases and shows workflows, and runs any program so that it can be stopped.",
        version: Version.current,
        subcommands: [
            StatusCommand.self, StopCommand.self, PauseCommand.self, GoCommand.self, ListCommand.self,
            WatchCommand.self, PsCommand.self, HistoryCommand.self, InfoCommand.self, MetricsCommand.self,
            CheckCommand.self, DoctorCommand.self, RunCommand.self, DrillCommand.self,
        ]
    )

    static func main() {
        cposix_open_standard_descriptors()
        do {
            var command = try parseAsRoot()
            try command.run()
            try StandardOutput.finish()
        } catch {
            exit(withError: error)
        }
    }
}
