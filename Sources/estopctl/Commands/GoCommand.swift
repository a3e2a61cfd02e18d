internal import ArgumentParser
internal import EmergencyStopCore

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
        try EditSession(options: options, status: .go).run()
    }
}
