internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// Stops workflows.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop workflows, and show that they are stopped and which have not ended yet.",
        discussion: """
            Examples:
              estopctl stop SatelliteDiskErase --reason "INC-4711: wrong list"
              estopctl stop --prefix Satellite --wait 60s
              estopctl stop --all

            Changes these entries in the stop file and nothing else, asks the sidecar to read it, and says when the \
            stop is in force.

            A name with neither entry nor run is refused, because a typing error must not look like a stop; --add adds \
            it. A malformed file is not edited (it stops everything as it is), unless with --all --force. Where the \
            file cannot be replaced (it is a mount point, or its access list could not be kept), the stop is appended.

            What another person has restrained stays in the file beside your stop, and is shown; so neither of you \
            lifts the other's by accident.

            Exit codes: 0 in force (with --wait: and no run is left), 1 refused or something else holds, 3 written, but \
            no sidecar confirms that it serves the file, 4 not in force or runs left when the time was over, 64 wrong \
            usage, 74 in force, but it could not be printed.
            """
    )

    @OptionGroup var options: EditOptions

    @Option(
        help: ArgumentHelp(
            """
            Wait until no run is left that a name or pattern matches, at most so long (\(DurationArgument.examples)); show \
            those that are.
            """,
            valueName: "duration"
        ),
        transform: DurationArgument.read
    )
    var wait: DurationArgument?

    @Flag(
        help: """
            With --all: where the file cannot be edited, set it aside under a dated name and write one that stops \
            everything.
            """
    )
    var force = false

    func validate() throws {
        guard options.all || !force else { throw ValidationError("--force is for --all only.") }
    }

    func run() throws {
        var change = options.change(to: .stop)
        change.wait = wait?.duration
        change.force = force
        try change.run().orThrow()
    }
}

/// Pauses workflows.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Make workflows start nothing new and hold at their next checkpoint.",
        discussion: """
            Examples:
              estopctl pause RouterFirmwareUpgrade --reason "until the night shift"
              estopctl pause --prefix Router

            Like stop, for what is to go on later: nothing new starts, and what runs holds at its next checkpoint.

            Exit codes: 0 in force, 1 refused or something else holds, 3 written, but no sidecar confirms that it \
            serves the file, 4 not in force when the time was over, 64 wrong usage, 74 in force, but it could not be \
            printed.
            """
    )

    @OptionGroup var options: EditOptions

    func run() throws {
        try options.change(to: .pause).run().orThrow()
    }
}

/// Lets workflows go.
struct GoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "go",
        abstract: "Release workflows, once the file has settled.",
        discussion: """
            Examples:
              estopctl go SatelliteDiskErase
              estopctl go --all                (releases the pattern *)
              estopctl go 'Router*'

            Lifts what you have restrained. Another person's stop or pause stays, is shown with who and why, and needs \
            --override. Of several names all are released, or none. A pattern is released by its own name, which takes \
            its entry out of the file; it makes nothing go by itself.

            Where a pattern still restrains the name, go says so and exits with 1.

            Exit codes: 0 in force, 1 refused or something else holds, 3 written, but no sidecar confirms that it \
            serves the file, 4 not in force when the time was over, 64 wrong usage, 74 in force, but it could not be \
            printed.
            """
    )

    @OptionGroup var options: EditOptions

    func run() throws {
        try options.change(to: .go).run().orThrow()
    }
}
