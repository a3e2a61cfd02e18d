internal import Glibc

/// The lock that keeps operators from losing each other's edits: on the directory of the stop file, since the file
/// itself is replaced at each edit.
struct DirectoryLock: ~Copyable {
    enum Outcome: Hashable {
        case held
        /// Somebody has held it all the time.
        case busy
        /// This directory cannot be locked.
        case unavailable(String)
    }

    let outcome: Outcome
    private let descriptor: CInt

    /// Waits for the lock.
    ///
    /// - Parameter limit: A process that stands still with the lock must not hold up a stop.
    init(on directory: String, within limit: Duration) {
        descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            outcome = .unavailable(String(cString: strerror(errno)))
            return
        }
        let deadline = ContinuousClock.now + limit
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR else {
                outcome = .unavailable(String(cString: strerror(code)))
                return
            }
            guard ContinuousClock.now < deadline else {
                outcome = .busy
                return
            }
            usleep(2_000)
        }
        outcome = .held
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
