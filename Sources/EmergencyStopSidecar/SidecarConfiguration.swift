package import EmergencyStopServing

/// How a sidecar is set up.
package struct SidecarConfiguration: Sendable {
    /// The path of the listening socket.
    package var socketPath = "/run/estop/estop.sock"
    /// Who may connect, as permission bits.
    package var socketMode: UInt32 = 0o660
    /// The numeric id of the socket's group, or `nil` to leave the process's own.
    package var socketGroup: UInt32?
    /// The numeric id of the group for whose members some connections are kept.
    package var operatorsGroup: UInt32?
    /// How often the source is read even when nothing is heard of it.
    package var pollInterval = Duration.seconds(10)
    package var limits = Limits()
    /// The version that `hello` and `info` give.
    package var version: String

    package init(version: String) {
        self.version = version
    }

    /// How long what has settled may be served without being verified: two polls.
    package var lease: Duration { pollInterval * 2 }
}
