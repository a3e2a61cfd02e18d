internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating
internal import Resilience

/// Prints the sidecar's metrics.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print the sidecar's metrics as OpenMetrics text.",
        discussion: """
            Examples:
              estopctl metrics
              estopctl metrics --textfile /var/lib/prometheus/node-exporter/estop.prom

            --textfile is for the node exporter's textfile collector, as in the timer that comes with the package. The \
            file also has estop_up: 0 when no sidecar answers.

            Exit codes: 0, 69 no sidecar answers (then nothing is printed), 74 the answer could not be printed. With \
            --textfile: 0 the file is written, 1 it cannot be.
            """
    )

    @OptionGroup var socket: SocketOptions

    @Option(
        help: ArgumentHelp(
            "Replace this file, whole, in the text format that the textfile collector reads.", valueName: "path"),
        completion: .file(extensions: ["prom"])
    )
    var textfile: String?

    @Flag(help: .hidden)
    var json = false

    func validate() throws {
        guard !json else {
            throw ValidationError("Metrics are OpenMetrics text. For facts in JSON: estopctl info --json")
        }
    }

    func run() throws {
        guard let textfile else {
            return try OutputOptions.orUnavailable { () throws(SidecarError) in
                for line in try lines() { print(line) }
            }
        }
        let metrics: TextfileMetrics
        do throws(SidecarError) {
            metrics = TextfileMetrics(try lines())
        } catch {
            StandardError.say(error.description)
            metrics = .unreachable
        }
        do throws(FileError) {
            _ = try DesiredFile(path: textfile, contents: metrics.text.utf8, mode: 0o644).apply()
        } catch {
            StandardError.say("\(error)")
            throw ExitStatus.failure
        }
    }

    private func lines() throws(SidecarError) -> [String] {
        let connection = try socket.endpoint.connect()
        try connection.send([.metrics])
        var lines: [String] = []
        // Whole or not at all: what is cut off would be read as what is.
        repeat {
            lines.append(String(decoding: try connection.line().bytes, as: UTF8.self))
        } while lines.last != "# EOF"
        return lines
    }
}
