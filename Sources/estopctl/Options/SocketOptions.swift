internal import ArgumentParser
internal import EmergencyStop

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
            "How long the sidecar may take for one answer: \(DurationArgument.examples).", valueName: "duration"),
        transform: DurationArgument.read
    )
    var timeout = DurationArgument(.seconds(5))

    /// The path that is given, else the one that the environment names, else the usual one.
    var path: String { socket ?? SocketPath.resolved }

    func validate() throws {
        guard !path.isEmpty, path.utf8.count <= SocketPath.byteLimit else {
            throw ValidationError("The socket's path must have 1 to \(SocketPath.byteLimit) bytes: '\(path)'.")
        }
    }

    /// A connection to the sidecar.
    func connect() throws(SidecarError) -> SidecarConnection {
        try SidecarConnection(to: path, limit: timeout.duration)
    }
}
