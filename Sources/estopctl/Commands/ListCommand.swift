internal import ArgumentParser
internal import EmergencyStop
internal import EmergencyStopCore
internal import Operating

/// Lists what holds for every name.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the status of every entry, and of names that are watched or run without one.",
        discussion: """
            Examples:
              estopctl list
              estopctl list 'Satellite*'

            The most restricted names come first; JSON keeps the order of the file. Where the file as a whole stops \
            everything, the first line is for * and gives the cause.

            Exit codes: 0, 69 no sidecar answers, 74 the answer could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "Names or quoted patterns; all without any.")
    var names: [NameArgument] = []

    func run() throws {
        try output.answer { () throws(SidecarError) in
            let connection = try socket.endpoint.connect()
            let information = try SidecarInformation(connection)
            let everything = try connection.status(of: .everything)
            let listed = try connection.list()
            let found = listed.filter { status in
                names.isEmpty || names.contains { $0.name.matches(status.name) }
            }
            // There may be no entry left to show it: no line at all would look like rest.
            write(everything.report.isOfEveryName ? [everything] + found : found, information)
            UnknownNames.say(of: names.map(\.name), listed: listed.map(\.name))
        }
    }

    private func write(_ found: [ServerLine.Status], _ information: SidecarInformation) {
        if let warning = information.conditionWarning { StandardError.say(warning) }
        if output.json {
            for status in found { print(JSONLine.text(StatusRecord(status))) }
            return print(JSONLine.text(EndRecord(count: found.count)))
        }
        var table = Table(StatusRow.columns)
        // What is restrained comes first: nobody is to look for it.
        table.rows = found.sorted(by: StatusRow.precedes).map { StatusRow.cells($0) }
        Terminal.write(table)
    }
}
