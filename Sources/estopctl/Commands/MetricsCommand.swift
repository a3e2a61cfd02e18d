internal import ArgumentParser
internal import EmergencyStop

/// Prints the sidecar's metrics.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print the sidecar's metrics as OpenMetrics text.",
        discussion: """
            For the node exporter's textfile collector, as the shipped timer does:

              estopctl metrics > estop.prom.new && mv estop.prom.new estop.prom

            Exit codes: 0, or 69 when no sidecar answers; then nothing is printed.
            """
    )

    @OptionGroup var socket: SocketOptions

    func run() throws {
        try OutputOptions.orUnavailable { () throws(SidecarError) in
            let connection = try socket.connect()
            try connection.send([.metrics])
            var lines: [String] = []
            // Whole or not at all: what is cut off would be read as what is.
            repeat {
                lines.append(String(decoding: try connection.line().bytes, as: UTF8.self))
            } while lines.last != "# EOF"
            for line in lines { print(line) }
        }
    }
}
