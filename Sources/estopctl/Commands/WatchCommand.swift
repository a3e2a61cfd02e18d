internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

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
              estopctl watch 'Satellite*'

            Where the file as a whole stops everything, a line for * says so. When nothing has been heard of the \
            sidecar for 10 s, everything is shown as stop, unreachable; the connection is made again by itself.

            Ends at Ctrl-C, and with 74 when a line could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Names or quoted patterns; every entry without any.")
    var names: [NameArgument] = []

    private static let patience = Duration.seconds(1)

    func run() throws {
        // A sidecar that stands still is not waited for: that is shown by the session itself.
        if !names.isEmpty, let connection = try? SidecarEndpoint(path: socket.socket, timeout: Self.patience).connect(),
            let listed = try? connection.list()
        {
            UnknownNames.say(of: names.map(\.name), listed: listed.map(\.name))
        }
        WatchSession(names: names.map(\.name), endpoint: socket.endpoint, json: output.json).run()
    }
}
