internal import ArgumentParser
internal import Operating
internal import Resilience

/// Shows what the sidecar tells about itself.
struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show facts about the sidecar and the file that it reads.",
        discussion: """
            Examples:
              estopctl info
              estopctl info --json

            Exit codes: 0, 69 no sidecar answers, 74 the answer could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.answer { () throws(SidecarError) in
            let facts = try SidecarInformation(socket.endpoint.connect()).facts
            if output.json {
                print(JSONLine.text(InformationRecord(facts)))
                return
            }
            var table = Table([Table.Column(title: "FACT"), Table.Column(title: "VALUE")])
            table.rows = facts.map { key, value in
                [
                    Table.Cell(key.hasSuffix("-ms") ? String(key.dropLast(3)) : key, .dim),
                    Table.Cell(Self.readable(key, value)),
                ]
            }
            // Nothing is cut: these are for reading to somebody on the telephone.
            for line in table.lines(width: nil, style: .standardOutput).dropFirst() { print(line) }
        }
    }

    private static func readable(_ key: String, _ value: String) -> String {
        if ["started", "fleet-left-until"].contains(key) { return LocalTime.column(value) }
        if key.hasSuffix("-ms"), let number = Int(value) { return Duration.milliseconds(number).readable }
        return value
    }
}
