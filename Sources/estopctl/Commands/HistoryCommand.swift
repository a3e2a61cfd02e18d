internal import ArgumentParser
internal import EmergencyStop
internal import EmergencyStopCore
internal import Operating

/// Shows the last changes.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show the last changes: when, what, why, and whose file it was. The newest is last.",
        discussion: """
              estopctl history SatelliteDiskErase --limit 20

            Exit codes: 0, 69 when no sidecar answers, 74 when the answer could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Only the last so many.", valueName: "number"))
    var limit: Int?

    @Flag(name: .shortAndLong, help: "Also what changed nothing: each file that was read and says the same.")
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
