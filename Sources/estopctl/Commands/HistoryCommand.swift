internal import ArgumentParser
internal import EmergencyStop
internal import EmergencyStopCore
internal import Operating

/// Shows the last changes.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show the last changes: who, why and when. The newest is last.",
        discussion: """
            Examples:
              estopctl history
              estopctl history SatelliteDiskErase --limit 20
              estopctl history --verbose

            The sidecar keeps the last 1,000 changes since it started. Changes that left every status as it was are \
            shown with --verbose only.

            Exit codes: 0, 69 no sidecar answers, 74 the answer could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Show only the last so many.", valueName: "number"))
    var limit: Int?

    @Flag(name: .shortAndLong, help: "Show reads that changed nothing, too.")
    var verbose = false

    @Argument(help: "Names or quoted patterns; all without any.")
    var names: [NameArgument] = []

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    }

    func run() throws {
        try output.answer { () throws(SidecarError) in
            let connection = try socket.endpoint.connect()
            let all = try connection.history()
            var records = all.filter { record in
                (verbose || record.isChange) && (names.isEmpty || record.concerns(names.map(\.name)))
            }
            if !names.isEmpty {
                let changed = all.compactMap(\.workflow)
                UnknownNames.say(of: names.map(\.name), listed: try connection.list().map(\.name) + changed)
            }
            records = records.suffix(limit ?? records.count)
            if output.json {
                for record in records { print(JSONLine.text(record)) }
                return print(JSONLine.text(EndRecord(count: records.count)))
            }
            var table = Table(HistoryRecord.columns)
            table.rows = records.map(\.cells)
            Terminal.write(table)
        }
    }
}
