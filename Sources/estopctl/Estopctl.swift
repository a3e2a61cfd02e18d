internal import ArgumentParser
internal import CPosix
internal import EmergencyStopCore
internal import Glibc
internal import Operating

/// The operator's hand and the script's.
@main
struct Estopctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estopctl",
        abstract: "Stops, releases and shows workflows, and runs any program so that it can be stopped.",
        discussion: """
            In an incident:

              estopctl stop --all --reason INC-4711 --wait 60s    stop everything, and wait until nothing runs
              estopctl list                                       what is stopped, by whom and why
              estopctl ps                                         what still runs
              estopctl go --all                                   release the stop of everything
              estopctl doctor                                     what is wrong with the stop itself

            "estopctl help COMMAND" explains a command, with examples and its exit codes. Help or the version asked for \
            behind a command ends with 64: a 0 there would pass for go or for stopped where a script meant a name.
            """,
        version: Version.current,
        subcommands: [
            StatusCommand.self, StopCommand.self, PauseCommand.self, GoCommand.self, ListCommand.self,
            WatchCommand.self, PsCommand.self, HistoryCommand.self, InfoCommand.self, MetricsCommand.self,
            CheckCommand.self, DoctorCommand.self, RunCommand.self, DrillCommand.self,
            FleetCommand.self,
        ]
    )

    static func main() {
        cposix_open_standard_descriptors()
        guard cposix_argument_count() > 0 else {
            StandardError.say("there are no arguments, not even the program's name; nothing was done")
            end(.usage)
        }
        let arguments = (1..<cposix_argument_count()).map { String(cString: cposix_argument($0)) }
        if let message = Mistyped.message(arguments, commands: commandNames) {
            StandardError.say(message)
            end(.usage)
        }
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            try StandardOutput.finish()
        } catch let status as ExitStatus {
            end(status)
        } catch {
            let isHelp = exitCode(for: error) == .success
            if isHelp, !isInPlaceOfAName(arguments) { exit(withError: error) }
            var stream = StandardError()
            if isHelp {
                print(fullMessage(for: error))
            } else {
                print(Mistyped.withoutWidening(fullMessage(for: error)), to: &stream)
            }
            end(.usage)
        }
    }

    /// Ends the process: here alone an ending becomes an exit code, but for the processes of `run`.
    private static func end(_ status: ExitStatus) -> Never { Glibc.exit(status.rawValue) }

    /// Whether what is asked for about the program itself may have been meant as something else: an unexpected value
    /// where a script has a name, as in `estopctl status --quiet "$1"`.
    private static func isInPlaceOfAName(_ arguments: [String]) -> Bool {
        guard let first = arguments.first, first != "help", first != "---completion" else { return false }
        return arguments.contains { commandNames.contains($0) }
    }

    private static var commandNames: [String] {
        configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    /// Without a command.
    func run() throws {
        var stream = StandardError()
        print(Self.helpMessage(), to: &stream)
        throw ExitStatus.usage
    }
}
