internal import EmergencyStopSystem
internal import Glibc

/// The sidecar's listening socket and the lock that makes it the only one.
///
/// The lock comes before anything that could disturb a sidecar that is already there.
package struct ListeningSocket: ~Copyable {
    /// The most connections that may wait to be accepted; the kernel may allow fewer (net.core.somaxconn).
    package static let backlog: Int32 = 4096
    /// The longest path, in bytes, that clients built on NIO can connect to.
    package static let pathLimit = 103

    /// The bound socket. It does not listen yet, so nobody can connect before its owner and mode are set.
    package private(set) var descriptor: Int32
    /// Where clients connect.
    package let path: String
    /// What tells it from another at its path; `nil` where that could not be told.
    private var place: Place?
    /// What it was made with, and can be made again; nothing where it is somebody else's.
    private let claim: Claim?

    /// Whether clients find it.
    package enum Presence: String, Sendable {
        case there
        /// There is nothing at its path: a cleaner has removed it, say.
        case gone
        /// Something else is at its path.
        case replaced
    }

    private struct Place: Equatable {
        let device: UInt64
        let inode: UInt64

        init?(_ path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    private struct Claim {
        let lock: Int32
        let mode: UInt32
        let group: UInt32?
    }

    /// Takes a socket that was handed over. It neither makes nor removes anything: the socket's path is the business
    /// of whoever bound it, and so is that there is one sidecar.
    package init(inherited: InheritedSocket) {
        descriptor = inherited.descriptor
        path = inherited.path
        place = Place(path)
        claim = nil
    }

    /// Takes the lock and binds the socket.
    ///
    /// - Parameters:
    ///   - path: Where. Its directory must exist.
    ///   - mode: Who may connect, as permission bits.
    ///   - group: The numeric id of the socket's group, or `nil` to leave the process's own.
    package init(path: String, mode: UInt32, group: UInt32?) throws(ListeningError) {
        guard path.utf8.count <= Self.pathLimit, let address = SocketAddress(path: path) else {
            throw .pathTooLong(path)
        }
        let lock = try SocketLock.take(path)
        do throws(ListeningError) {
            descriptor = try Self.bind(path, address, mode: mode, group: group)
        } catch {
            Glibc.close(lock)
            throw error
        }
        self.path = path
        place = Place(path)
        claim = Claim(lock: lock, mode: mode, group: group)
    }

    /// Whether clients find it now.
    package var presence: Presence {
        guard let place else { return .there }
        errno = 0
        guard let found = Place(path) else { return errno == ENOENT || errno == ENOTDIR ? .gone : .there }
        return found == place ? .there : .replaced
    }

    /// Makes it again where it is gone, unless it is somebody else's; says whether it did. The old descriptor is the
    /// caller's to close, the new one does not listen yet.
    package mutating func restore() throws(ListeningError) -> Bool {
        guard let claim, presence == .gone, let address = SocketAddress(path: path) else { return false }
        descriptor = try Self.bind(path, address, mode: claim.mode, group: claim.group)
        place = Place(path)
        return true
    }

    /// Removes the socket's path if it is still this socket, then lets go of the lock: the last thing that is done. The descriptor is the
    /// caller's to close.
    package func withdraw() {
        guard let claim else { return }
        if let place, Place(path) == place { unlink(path) }
        Glibc.close(claim.lock)
    }

    private static func bind(
        _ path: String, _ address: SocketAddress, mode: UInt32, group: UInt32?
    ) throws(ListeningError) -> Int32 {
        try clear(path, address)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .directoryUnusable(path: path, reason: lastError()) }
        let result = address.withPointer { Glibc.bind(descriptor, $0, $1) }
        guard result == 0 else {
            let reason = lastError()
            Glibc.close(descriptor)
            throw .directoryUnusable(path: path, reason: reason)
        }
        if let group, chown(path, uid_t.max, group) != 0 {
            let reason = lastError()
            unlink(path)
            Glibc.close(descriptor)
            throw .groupRefused(path: path, group: group, reason: reason)
        }
        guard chmod(path, mode) == 0 else {
            let reason = lastError()
            unlink(path)
            Glibc.close(descriptor)
            throw .directoryUnusable(path: path, reason: reason)
        }
        return descriptor
    }

    /// Removes a socket that nobody listens on. Anything else at the path is left alone.
    private static func clear(_ path: String, _ address: SocketAddress) throws(ListeningError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .directoryUnusable(path: path, reason: lastError())
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        let probe = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0
        )
        guard probe >= 0 else { throw .directoryUnusable(path: path, reason: lastError()) }
        defer { Glibc.close(probe) }
        let result = address.withPointer { connect(probe, $0, $1) }
        // EAGAIN: somebody listens whose backlog is full.
        guard result != 0, errno == ECONNREFUSED else { throw .taken(path: path, holder: nil) }
        guard unlink(path) == 0 else { throw .directoryUnusable(path: path, reason: lastError()) }
    }

    private static func lastError() -> String { String(cString: strerror(errno)) }
}

/// Why there can be no listening socket.
package enum ListeningError: Error, Sendable, Hashable, CustomStringConvertible {
    case pathTooLong(String)
    case directoryUnusable(path: String, reason: String)
    case taken(path: String, holder: String?)
    case notASocket(String)
    case groupRefused(path: String, group: UInt32, reason: String)
    case inheritedUnusable(String)

    package var description: String {
        switch self {
        case .pathTooLong(let path):
            "the socket's path has to have 1 to \(ListeningSocket.pathLimit) bytes, this has \(path.utf8.count): \(path)"
        case .directoryUnusable(let path, let reason):
            "cannot make the socket: \(path): \(reason). Its directory has to exist and be writable for this user; "
                + "choose another place with --socket or ESTOP_SOCKET"
        case .taken(let path, let holder):
            "another sidecar\(holder.map { " (process \($0))" } ?? "") serves \(path): stop it first, "
                + "or choose another place with --socket or ESTOP_SOCKET"
        case .notASocket(let path):
            "\(path) exists and is no socket: it is left alone; remove it, or choose another place with --socket"
        case .inheritedUnusable(let what):
            "cannot use the socket that the service manager handed over: \(what)"
        case .groupRefused(let path, let group, let reason):
            "cannot give \(path) to group \(group): \(reason). Only root, or a member of the group, may"
        }
    }
}
