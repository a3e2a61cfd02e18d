internal import ArgumentParser
internal import EmergencyStopCore

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
        try EditSession(options: options, status: .stop, wait: wait?.duration, force: force).run()
    }
}
