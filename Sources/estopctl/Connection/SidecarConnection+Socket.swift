internal import EmergencyStopClient
internal import Glibc

extension SidecarConnection {
    /// `struct ucred`, which the C library hides from Swift.
    private struct Credentials {
        var processID: Int32 = 0
        var userID: UInt32 = 0
        var groupID: UInt32 = 0
    }

    static func connect(_ path: String, _ limit: Duration) throws(SidecarError) -> CInt {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw SidecarError(reason: .system("socket", errno), socket: path) }
        let deadline = ContinuousClock.now + limit
        while true {
            guard Self.connect(descriptor, to: path) != 0 else { return descriptor }
            let code = errno
            // A full backlog: a sidecar that is starting, or that many have come to at once.
            if code == EAGAIN || code == EINTR, ContinuousClock.now < deadline {
                usleep(10_000)
                continue
            }
            close(descriptor)
            let reason: SidecarError.Reason =
                switch code {
                case ENOENT, ECONNREFUSED, ENOTDIR: .absent
                case EACCES, EPERM: .notPermitted
                case EAGAIN: .silent(limit)
                default: .system("connect", code)
                }
            throw SidecarError(reason: reason, socket: path)
        }
    }

    private static func connect(_ descriptor: CInt, to path: String) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            // The options have checked that it fits, with the zero behind it.
            room.copyBytes(from: path.utf8.prefix(room.count - 1))
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    static func peerUserID(of descriptor: CInt) -> UInt32? {
        var credentials = Credentials()
        var length = socklen_t(MemoryLayout<Credentials>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        return credentials.userID
    }
}
