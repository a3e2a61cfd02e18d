internal import ArgumentParser
internal import EmergencyStopCore

/// Pauses workflows.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Have workflows start nothing new and hold at their next checkpoint.",
        discussion: """
            As "stop", for what shall go on later:

              estopctl pause RouterFirmwareUpgrade --reason "waiting for the night shift"

            Exit codes: 0 in force, 1 refused or something else holds, 3 written, and no sidecar serves it or \
            tells whether it does, 4 not in force when the time was over, 64 wrong usage, 74 in force, but that could \
            not be printed.
            """
    )

    @OptionGroup var options: EditOptions

    func run() throws {
        try EditSession(options: options, status: .pause).run()
    }
}
