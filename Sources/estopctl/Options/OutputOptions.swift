internal import ArgumentParser
internal import EmergencyStop

/// How a command prints what it found.
struct OutputOptions: ParsableArguments {
    @Flag(help: "One JSON object a line, for programs; times in RFC 3339.")
    var json = false

    func write(_ status: ServerLine.Status) {
        let record = StatusRecord(status)
        print(json ? JSONLine.text(record) : record.sentence)
    }
}
