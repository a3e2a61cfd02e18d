internal import ArgumentParser
internal import EmergencyStopCore

/// How a command prints what it found.
struct OutputOptions: ParsableArguments {
    @Flag(help: "One JSON object a line, for programs; times in RFC 3339.")
    var json = false

    func write(_ status: ServerLine.Status) {
        let record = StatusRecord(status)
        print(json ? JSONLine.text(record) : record.sentence)
    }

    /// Does what needs a sidecar; where there is none, says so and ends with EX_UNAVAILABLE.
    func answer(_ body: () throws(SidecarError) -> Void) throws {
        try Self.orUnavailable(body)
    }

    static func orUnavailable(_ body: () throws(SidecarError) -> Void) throws {
        do throws(SidecarError) {
            try body()
        } catch {
            StandardError.say(error.description)
            throw ExitCode.unavailable
        }
    }
}
