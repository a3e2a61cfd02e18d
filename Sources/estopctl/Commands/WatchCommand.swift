internal import ArgumentParser
internal import EmergencyStop
internal import Glibc

/// Shows changes as they happen.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show what holds, and each change as it happens.",
        discussion: """
            On a terminal a table that is redrawn in place, what is restrained first; elsewhere, or with --json, a \
            line for each change:

              estopctl watch
              estopctl watch SatelliteDiskErase | while read -r line; do …; done

            When nothing has been heard of the sidecar for 10 s, everything is shown as stop, unreachable; the \
            connection is made again by itself. Ends at Ctrl-C.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Names; every entry without any.")
    var names: [NameArgument] = []

    private static let patience = Duration.seconds(1)

    func run() throws {
        // A table without rows, or no line at all, would look like rest. A sidecar that stands still is not waited for:
        // that is shown by the session itself.
        if let connection = try? SidecarConnection(to: socket.path, limit: Self.patience),
            let information = try? SidecarInformation(connection), let warning = information.conditionWarning
        {
            StandardError.say(warning)
        }
        WatchSession(names: names.map(\.name), socket: socket, json: output.json).run()
    }
}
