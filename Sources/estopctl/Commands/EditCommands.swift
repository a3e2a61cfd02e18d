internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// Stops workflows.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop workflows, show that they are stopped, and who has not ended yet.",
        discussion: """
            Changes the entries in the stop file and nothing else of it, asks the sidecar to read it, and says when \
            the stop is in force:

              estopctl stop SatelliteDiskErase --reason "INC-4711: wrong list"
              estopctl stop --prefix Satellite --wait 60s
              estopctl stop --all

            A name that has neither entry nor run is refused, since a typing error must not look like a stop; --add \
            adds it. A malformed file is not edited (everything is stopped by it as it is), unless with --all --force. \
            Where no new file can take the place of the old (it is mounted by itself, say, or its access list could not be \
            kept), the stop is appended to it.

            What another person has restrained stays in the file beside the stop, be it stopped already, and is shown; \
            so neither of you lifts the other's unawares.

            Exit codes: 0 in force (and with --wait: no run is left), 1 refused or something else holds, 3 written, \
            and no sidecar serves it or tells whether it does, 4 not in force or runs left when the time was over, 64 \
            wrong usage, 74 in force, but that could not be printed.
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
        try options.change(to: .pause).run().orThrow()
    }
}

/// Lets workflows go.
struct GoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "go",
        abstract: "Let workflows go again, once what the file says has settled.",
        discussion: """
            Lifts what you have restrained. Another person's stop or pause stays, is shown with who and why, and needs \
            --override; of several names given together all are released, or none. A pattern is released by \
            its own name, which takes its entry out of the file; it can make nothing go by itself:

              estopctl go SatelliteDiskErase
              estopctl go --all              (releases the pattern *)

            Where a pattern still restrains the name, that is said, and the exit code is 1.

            Exit codes: 0 in force, 1 refused or something else holds, 3 written, and no sidecar serves it or \
            tells whether it does, 4 not in force when the time was over, 64 wrong usage, 74 in force, but that could \
            not be printed.
            """
    )

    @OptionGroup var options: EditOptions

    func run() throws {
        try options.change(to: .go).run().orThrow()
    }
}
