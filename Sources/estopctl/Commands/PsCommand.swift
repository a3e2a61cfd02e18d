internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// Lists runs.
struct PsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List the runs that are going on, with their processes.",
        discussion: """
            Examples:
              estopctl ps
              estopctl ps 'Satellite*'

            A run that was told to stop and has not ended shows for how long. LOST marks a run whose connection broke \
            while its process still lives. The command is the process's own command line where it can be read from here.

            A sidecar that has just started may not know all runs yet, for 20 s or two poll intervals. A line on \
            standard error says so, and in JSON "complete" is false.

            Exit codes: 0, 69 no sidecar answers, 74 the answer could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A name or a quoted pattern; all without one.")
    var name: NameArgument?

    func run() throws {
        try output.answer { () throws(SidecarError) in
            let connection = try socket.endpoint.connect()
            let (runs, areComplete) = try connection.runs(of: name?.name)
            var rows = runs.map { RunRow($0) }
            if rows.contains(where: { $0.status == "stop" }) {
                let stops = try StopTimes(connection.history())
                for index in rows.indices where rows[index].status == "stop" {
                    rows[index].stoppedAt = stops.time(of: runs[index].name)
                }
            }
            write(rows, isComplete: areComplete)
            guard let name, runs.isEmpty else { return }
            UnknownNames.say(of: [name.name], listed: try connection.list().map(\.name))
        }
    }

    private func write(_ rows: [RunRow], isComplete: Bool) {
        if output.json {
            for row in rows { print(JSONLine.text(row)) }
            print(JSONLine.text(EndRecord(count: rows.count, isComplete: isComplete)))
            return
        }
        var table = Table(RunRow.columns)
        table.rows = rows.map(\.cells)
        Terminal.write(table)
        if !isComplete {
            StandardError.say("the sidecar just started; the run list may be incomplete: look again in 20 s")
        }
    }
}
