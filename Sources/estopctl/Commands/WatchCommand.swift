internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// Shows changes as they happen.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show every status, and each change as it happens.",
        discussion: """
            Examples:
              estopctl watch
              estopctl watch 'Satellite*'
              estopctl watch SatelliteDiskErase | while read -r line; do …; done

            On a terminal it shows a table and keeps it up to date, the most restricted names first. Elsewhere, and \
            with --json, it prints a line for each change. Where the file as a whole stops everything, a line for * \
            says so. When the sidecar has been silent for 10 s, everything is shown as stop, unreachable; watch \
            reconnects by itself.

            Exit codes: it runs until Ctrl-C; 74 a line could not be printed.
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
