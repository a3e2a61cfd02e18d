internal import EmergencyStop
internal import EmergencyStopSystem

/// Where the sidecar is, and how long it may take for one answer.
package struct SidecarEndpoint: Sendable {
    package static let byteLimit = SocketPath.byteLimit

    package let path: String
    package let timeout: Duration

    /// - Parameter path: The socket that is given; else the one that `$ESTOP_SOCKET` names, else the usual one.
    package init(path: String?, timeout: Duration) {
        self.path = path ?? SocketPath.resolved
        self.timeout = timeout
    }

    /// Whether the kernel could take the path at all.
    package var isPossible: Bool { !path.isEmpty && path.utf8.count <= SocketPath.byteLimit }

    package func connect() throws(SidecarError) -> SidecarConnection {
        try SidecarConnection(to: path, limit: timeout)
    }
}
