internal import EmergencyStopSystem
internal import Glibc

/// The listening socket that systemd hands over where a socket unit activates the service: connections that are made
/// while the sidecar restarts wait in it instead of failing.
///
/// Source: `sd_listen_fds(3)`; the protocol is two environment variables and descriptors from 3 on.
package struct InheritedSocket: Sendable {
    /// The first descriptor that is handed over.
    private static let firstDescriptor: Int32 = 3

    package let descriptor: Int32
    /// Where clients connect to it.
    package let path: String

    /// The socket that was handed over to this process, or `nil` where none was.
    ///
    /// - Parameter expected: The path that the sidecar was told to serve, where it was told.
    package init?(expected: String?) throws(ListeningError) {
        // Meant for another process where the number is not ours: a parent's, whose environment was passed on.
        guard let pid = getenv("LISTEN_PID"), String(cString: pid) == "\(getpid())",
            let count = getenv("LISTEN_FDS").map({ String(cString: $0) })
        else { return nil }
        for variable in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(variable) }
        guard count == "1" else {
            throw .inheritedUnusable("\(count) sockets were handed over, expected one: the socket unit has to name one")
        }
        let descriptor = Self.firstDescriptor
        guard Self.option(SO_DOMAIN, of: descriptor) == AF_UNIX,
            Self.option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue),
            Self.option(SO_ACCEPTCONN, of: descriptor) == 1, let path = SocketAddress.path(of: descriptor)
        else {
            throw .inheritedUnusable(
                "what was handed over is no listening Unix stream socket with a path: the socket unit needs "
                    + "ListenStream= with a path and Accept=no"
            )
        }
        if let expected, expected != path {
            throw .inheritedUnusable(
                "the socket that was handed over is at \(path), expected \(expected): give the socket unit and the "
                    + "service the same path, or the service none"
            )
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
        self.path = path
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
