internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// Where the sidecar is.
struct SocketOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The sidecar's socket. (default: $ESTOP_SOCKET, else /run/estop/estop.sock)", valueName: "path"
        ),
        completion: .file()
    )
    var socket: String?

    @Option(
        help: ArgumentHelp(
            "How long the sidecar may take for one answer: \(DurationArgument.examples). (default: 5s)",
            valueName: "duration"),
        transform: DurationArgument.read
    )
    var timeout = DurationArgument(.seconds(5))

    var endpoint: SidecarEndpoint { SidecarEndpoint(path: socket, timeout: timeout.duration) }

    func validate() throws {
        guard !endpoint.path.hasPrefix("@") else {
            throw ValidationError(
                "estopd has no abstract sockets; for a file of this name: --socket './\(endpoint.path)'")
        }
        guard endpoint.isPossible else {
            throw ValidationError(
                "The socket's path must have 1 to \(SidecarEndpoint.byteLimit) bytes: '\(endpoint.path)'.")
        }
    }
}

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
        try Self.orUnavailable(json: json, body)
    }

    static func orUnavailable(json: Bool = false, _ body: () throws(SidecarError) -> Void) throws {
        do throws(SidecarError) {
            try body()
        } catch {
            StandardError.say(error.description)
            if json { print(JSONLine.text(ErrorRecord(error.code, error.description))) }
            throw ExitStatus.unavailable
        }
    }
}

/// Which stop file is meant.
struct StopFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The stop file. (default: $ESTOP_FILE, else the one that the sidecar reads, else /etc/estop/es.json)",
            valueName: "path"
        ),
        completion: .file(extensions: ["json"])
    )
    var file: String?
}
