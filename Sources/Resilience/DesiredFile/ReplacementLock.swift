internal import CExtendedAttributes
internal import Glibc

/// The lock of those who replace a file: one at a time compares and renames.
///
/// It is on a file of its own beside, `NAME.lock`, which is there while somebody replaces the file. Directories and the
/// file itself can be locked by anybody who may read them; this one cannot be opened by who could not put another file
/// in the place.
package final class ReplacementLock {
    /// Whether it was had.
    package enum Outcome: Hashable, Sendable {
        case held
        /// Somebody has held it all the time.
        case busy
        /// It cannot be had, and this is why.
        case unavailable(String)
        /// This process cannot put a file there, and so has no use for it: why, it finds when it tries.
        case useless
    }

    package let outcome: Outcome
    /// Where it is.
    package let path: String
    private let place: Place?
    private let descriptor: Int32
    private let onlyLooks: Bool

    /// Waits for the lock.
    ///
    /// - Parameters:
    ///   - path: The file, which changes with each edit of those who are first.
    ///   - patience: How long it may stay as it is: a process that stands still with the lock must not hold up others
    ///     who can do without.
    ///   - deadline: When it ends in any case.
    ///   - onlyLooks: Nothing is made: where nobody has the lock, it counts as held.
    package init(
        of path: String, patience: Duration, until deadline: ContinuousClock.Instant, onlyLooks: Bool = false
    ) {
        self.onlyLooks = onlyLooks
        guard let place = try? Place(path) else {
            (outcome, self.path, self.place, descriptor) = (.useless, path, nil, -1)
            return
        }
        self.place = place
        self.path = place.path
        var seen = place.state
        var seenAt = ContinuousClock.now
        // The many who wait are not to take the processor from the one who edits.
        var pause: UInt32 = 1_000
        while true {
            switch place.attempt(onlyLooks: onlyLooks) {
            case .held(let descriptor):
                (outcome, self.descriptor) = (.held, descriptor)
                return
            case .failed(let outcome):
                (self.outcome, descriptor) = (outcome, -1)
                return
            case .again: break
            }
            let now = ContinuousClock.now
            if case let state = place.state, state != seen { (seen, seenAt) = (state, now) }
            guard now < deadline, now < seenAt + patience else {
                (outcome, descriptor) = (.busy, -1)
                return
            }
            usleep(pause)
            pause = min(pause * 2, 16_000)
        }
    }

    deinit {
        guard descriptor >= 0 else { return }
        if !onlyLooks { place?.remove(descriptor) }
        close(descriptor)
    }
}

extension ReplacementLock {
    private enum Attempt {
        case held(Int32)
        case failed(Outcome)
        case again
    }

    /// What tells that the file was replaced.
    private struct State: Equatable {
        var inode: ino_t
        var seconds: Int
        var nanoseconds: Int
    }

    /// Where the lock is, and who may have it.
    private final class Place {
        private let target: TargetFile
        private let name: String
        let path: String

        init(_ file: String) throws(FileError) {
            let target = try TargetFile(path: file)
            name = String(decoding: Array(target.name.utf8.prefix(250)), as: UTF8.self) + ".lock"
            let end = target.path.utf8.lastIndex(of: UInt8(ascii: "/"))
            path = (end.map { String(target.path[...$0]) } ?? "") + name
            self.target = target
        }

        private var directory: Int32 { target.directory.number }

        var state: State? {
            status(of: target.name).map {
                State(inode: $0.st_ino, seconds: $0.st_ctim.tv_sec, nanoseconds: $0.st_ctim.tv_nsec)
            }
        }

        func attempt(onlyLooks: Bool) -> Attempt {
            guard faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) == 0 else { return .failed(.useless) }
            guard let folder = try? target.directory.status() else { return .failed(.useless) }
            var descriptor: Int32 = -1
            if !onlyLooks {
                descriptor = openat(directory, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            } else if status(of: name) == nil {
                return .held(-1)
            }
            if descriptor >= 0 {
                admit(folder, to: descriptor)
            } else {
                guard onlyLooks || errno == EEXIST else { return .failed(.unavailable(Self.lastError())) }
                descriptor = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC)
                guard descriptor >= 0 else {
                    // Another's, which is being made or removed, or which only he can open.
                    return errno == ENOENT || errno == EACCES ? .again : .failed(.unavailable(Self.lastError()))
                }
            }
            if let refusal = refusal(of: descriptor, in: folder) {
                close(descriptor)
                if !onlyLooks, unlinkat(directory, name, 0) == 0 { return .again }
                return .failed(.unavailable(refusal))
            }
            // Who had it before has taken its name away, perhaps: then it shuts out nobody.
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isInPlace(descriptor) else {
                close(descriptor)
                return .again
            }
            return .held(descriptor)
        }

        /// Lets those open it who may write to the directory.
        private func admit(_ folder: stat, to descriptor: Int32) {
            if geteuid() == 0 { _ = fchown(descriptor, folder.st_uid, .max) }
            guard isOpenToGroup(folder), fchown(descriptor, .max, folder.st_gid) == 0 else { return }
            // Its directory may have given it one that lets others read.
            guard fremovexattr(descriptor, "system.posix_acl_access") == 0 || [ENODATA, ENOTSUP].contains(errno) else {
                return
            }
            _ = fchmod(descriptor, 0o660)
        }

        /// In a sticky directory the group may make files and not replace another's.
        private func isOpenToGroup(_ folder: stat) -> Bool {
            folder.st_mode & S_IWGRP != 0 && folder.st_mode & S_ISVTX == 0
        }

        /// Why what has the lock's name is none: somebody could hold it who may not replace the file.
        private func refusal(of descriptor: Int32, in folder: stat) -> String? {
            var lock = stat()
            guard fstat(descriptor, &lock) == 0, lock.st_mode & S_IFMT == S_IFREG else {
                return "is no file: remove it"
            }
            let isOfGroup = isOpenToGroup(folder) && lock.st_gid == folder.st_gid
            if lock.st_mode & (isOfGroup ? 0o007 : 0o077) != 0 {
                return "can be opened by others than those who may replace the file: remove it"
            }
            let owners = [0, geteuid(), folder.st_uid] + (status(of: target.name).map { [$0.st_uid] } ?? [])
            if folder.st_mode & S_ISVTX != 0, !owners.contains(lock.st_uid) {
                return "belongs to user \(lock.st_uid), who may not replace the file: remove it"
            }
            return nil
        }

        func remove(_ descriptor: Int32) {
            if isInPlace(descriptor) { _ = unlinkat(directory, name, 0) }
        }

        private func isInPlace(_ descriptor: Int32) -> Bool {
            var own = stat()
            guard fstat(descriptor, &own) == 0, let named = status(of: name) else { return false }
            return own.st_dev == named.st_dev && own.st_ino == named.st_ino
        }

        private func status(of name: String) -> stat? {
            var status = stat()
            return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
        }

        private static func lastError() -> String { FailedCall.text(errno) }
    }
}
