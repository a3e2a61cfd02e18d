internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// Proves that the emergency stop works, from the file to a run.
struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Stop a drill entry, time how long that takes to the sidecar and to a run, and put it back.",
        discussion: """
            Examples:
              estopctl go EstopDrill --add     (once)
              estopctl drill

            Changes only that entry and puts it back as it was, also when the drill is interrupted. If somebody else \
            changes it meanwhile, it is left as it is.

            While anything else runs by that name, the drill is refused: the stop would end it.

            Exit codes: 0 the stop ended the run and go is in force again, 1 otherwise, 3 no sidecar serves the file, \
            64 wrong usage, 74 all is well, but it could not be printed.
            """
    )

    @Argument(help: "The entry to stop. Nothing but the drill should use that name.")
    var name = NameArgument(WorkflowName(validated: "EstopDrill"))

    @OptionGroup var stopFile: StopFileOptions
    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !name.name.isPattern else {
            throw ValidationError("A drill stops one name; \(name.name) is a pattern.")
        }
    }

    func run() throws {
        try Drill.perform(
            on: name.name, file: stopFile.file, endpoint: socket.endpoint,
            advice: Advice(file: stopFile.file, socket: socket.socket),
            json: output.json
        )
    }
}

extension NameArgument {
    var defaultValueDescription: String { name.text }
}
