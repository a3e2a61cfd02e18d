internal import Glibc

/// Where the sidecar is looked for: at one place that is named, never at whichever of several happens to exist.
package enum SocketPath {
    /// The most bytes that a socket's address has room for.
    package static let byteLimit = 103

    private static let fallback = "/run/estop/estop.sock"

    /// The path that the environment names, else the usual one.
    package static var resolved: String {
        guard let value = getenv("ESTOP_SOCKET") else { return fallback }
        let path = String(cString: value)
        return path.isEmpty ? fallback : path
    }
}
