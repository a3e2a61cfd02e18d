internal import Glibc

/// Where the sidecar is looked for: at one place that is named, never at whichever of several happens to exist.
enum SocketPath {
    /// The most bytes that a socket's address has room for.
    static let byteLimit = 103

    private static let fallback = "/run/estop/estop.sock"

    /// The path that the environment names, else the usual one.
    static var resolved: String {
        guard let value = getenv("ESTOP_SOCKET") else { return fallback }
        let path = String(cString: value)
        return path.isEmpty ? fallback : path
    }
}
