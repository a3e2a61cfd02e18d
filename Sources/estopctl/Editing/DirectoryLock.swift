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
    /// - Parameters:
    ///   - path: The stop file, which changes with each edit of those who are first.
    ///   - patience: How long it may stay as it is: a process that stands still with the lock must not hold up a stop.
    ///   - deadline: When it ends in any case.
    init(on directory: String, of path: String, patience: Duration, until deadline: ContinuousClock.Instant) {
        descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            outcome = .unavailable(String(cString: strerror(errno)))
            return
        }
        var place = FilePlace(path)
        var seenAt = ContinuousClock.now
        // The many who wait are not to take the processor from the one who edits.
        var pause: UInt32 = 1_000
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR else {
                outcome = .unavailable(String(cString: strerror(code)))
                return
            }
            let now = ContinuousClock.now
            if case let other = FilePlace(path), other != place {
                place = other
                seenAt = now
            }
            guard now < deadline, now < seenAt + patience else {
                outcome = .busy
                return
            }
            usleep(pause)
            pause = min(pause * 2, 16_000)
        }
        outcome = .held
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }
}
