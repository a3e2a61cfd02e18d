internal import Glibc

/// The lock that makes a sidecar the only one at its socket: on a file beside, `PATH.lock`, never unlinked.
///
/// Only who may be the sidecar can open it, as whoever can could keep every sidecar from starting. An older version made
/// it readable for all; such a file is replaced by another, since somebody may have it open still.
enum SocketLock {
    /// How often a lock that others may hold is tried, 10 ms apart: a sidecar that starts beside may be replacing it.
    private static let attempts = 20

    /// Takes the lock; gives the descriptor that has it.
    static func take(_ socket: String) throws(ListeningError) -> Int32 {
        let path = socket + ".lock"
        var attempt = 0
        while true {
            attempt += 1
            let lock = try open(path)
            var status = stat()
            guard fstat(lock, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1 else {
                close(lock)
                throw .directoryUnusable(path: path, reason: "is no file of the sidecar's: remove it")
            }
            let isOthers = isAnothers(status, path)
            if !isOthers, flock(lock, LOCK_EX | LOCK_NB) == 0 {
                guard isInPlace(status, path) else {
                    close(lock)
                    continue
                }
                guard status.st_mode & 0o077 != 0 else { return signed(lock) }
                defer { close(lock) }
                return try replace(path, of: status)
            }
            let holder = isOthers ? nil : readText(lock)
            close(lock)
            // Nobody but a sidecar can have it.
            guard isOthers || status.st_mode & 0o077 != 0 else { throw .taken(path: socket, holder: holder) }
            if let holder, isSidecar(holder) { throw .taken(path: socket, holder: holder) }
            guard attempt >= attempts else {
                usleep(10_000)
                continue
            }
            return try replace(path, of: status)
        }
    }

    private static func open(_ path: String) throws(ListeningError) -> Int32 {
        // Not made and opened in one: the kernel may refuse that for a file that is there and another's.
        for flags in [0, O_CREAT | O_EXCL, 0] {
            let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | flags, 0o600)
            if descriptor >= 0 { return descriptor }
            guard errno == ENOENT || errno == EEXIST else { break }
        }
        throw .directoryUnusable(path: path, reason: lastError())
    }

    /// Whether it was put where anybody may put files, by somebody who may not be the sidecar.
    private static func isAnothers(_ lock: stat, _ path: String) -> Bool {
        var folder = stat()
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard stat(parent, &folder) == 0, folder.st_mode & S_IWOTH != 0 else { return false }
        return ![0, geteuid(), folder.st_uid].contains(lock.st_uid)
    }

    /// Puts another file in the place of one that others may have open, and takes its lock before anybody sees it.
    private static func replace(_ path: String, of old: stat) throws(ListeningError) -> Int32 {
        let temporary = "\(path).\(getpid())"
        unlink(temporary)
        let lock = Glibc.open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw .directoryUnusable(path: path, reason: lastError()) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0, rename(temporary, path) == 0 else {
            let reason = lastError()
            unlink(temporary)
            close(lock)
            throw .directoryUnusable(
                path: path,
                reason: "belongs to user \(old.st_uid), who keeps it locked, and cannot be replaced (\(reason))")
        }
        return signed(lock)
    }

    /// Writes down who has it.
    private static func signed(_ lock: Int32) -> Int32 {
        let pid = Array("\(getpid())\n".utf8)
        if ftruncate(lock, 0) == 0 { _ = pwrite(lock, pid, pid.count, 0) }
        return lock
    }

    private static func isInPlace(_ lock: stat, _ path: String) -> Bool {
        var named = stat()
        return lstat(path, &named) == 0 && named.st_dev == lock.st_dev && named.st_ino == lock.st_ino
    }

    private static func isSidecar(_ pid: String) -> Bool {
        let descriptor = Glibc.open("/proc/\(pid)/comm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = max(0, read(descriptor, &bytes, bytes.count))
        return bytes[..<count].elementsEqual("estopd\n".utf8)
    }

    private static func readText(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return String(
            decoding: bytes[..<count].prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }, as: UTF8.self)
    }

    private static func lastError() -> String { String(cString: strerror(errno)) }
}
