internal import EmergencyStopSystem
internal import Glibc

extension SidecarConnection {
    static func connect(_ path: String, _ limit: Duration) throws(SidecarError) -> CInt {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard let address = SocketAddress(path: path) else {
            throw SidecarError(reason: .system("connect", ENAMETOOLONG), socket: path)
        }
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw SidecarError(reason: .system("socket", errno), socket: path) }
        let deadline = ContinuousClock.now + limit
        while true {
            let result = address.withPointer { Glibc.connect(descriptor, $0, $1) }
            guard result != 0 else { return descriptor }
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
}
