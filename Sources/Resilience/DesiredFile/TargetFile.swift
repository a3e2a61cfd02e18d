internal import Glibc

/// The place of a file: its directory, held open, and its name in there once links are followed.
///
/// All that follows is done relative to the open directory: should somebody exchange a part of the path meanwhile,
/// nothing is written elsewhere.
struct TargetFile: ~Copyable {
    let path: String
    let directory: FileDescriptor
    let name: String

    init(path: String) throws(FileError) {
        let (parent, last) = Self.split(path)
        guard Self.isFileName(last), !path.utf8.contains(0) else { throw FileError(.invalidPath, path) }
        let directory = try Self.openDirectory(parent, path)
        let name = try Self.followLinks(from: last, in: directory, path)
        self.init(path: path, directory: directory, name: name)
    }

    private init(path: String, directory: consuming FileDescriptor, name: String) {
        self.path = path
        self.directory = directory
        self.name = name
    }

    /// The file as it is, opened for reading; nil when there is none.
    func existing() throws(FileError) -> ExistingFile? {
        // Looked at before it is opened, since opening a device may do something, and after: it may have been
        // exchanged meanwhile.
        guard let status = try Self.status(of: name, in: directory, path) else { return nil }
        try check(status.st_mode)
        let file: ExistingFile
        do throws(FailedCall) {
            file = try ExistingFile(opening: name, in: directory.number, path: path)
        } catch {
            switch error.code {
            case ENOENT: return nil
            case EACCES, EPERM: throw FileError(.notReadable, path, error)
            case ELOOP: throw FileError(.tooManyLinks, path, error)
            default: throw FileError(.system, path, error)
            }
        }
        try check(file.type)
        return file
    }

    /// The file as it is, locked against who appends to it in place.
    ///
    /// Who replaces it gives its name to another file, so the lock counts only while the name is this one's. A file
    /// that cannot be locked, or not within the limit as somebody holds it who only reads, is returned all the same.
    func lockedExisting(within limit: Duration) throws(FileError) -> ExistingFile? {
        let deadline = ContinuousClock.now + limit
        while let file = try existing() {
            guard let isLocked = try? file.file.tryLock(), ContinuousClock.now < deadline else { return file }
            if isLocked, let found = try Self.status(of: name, in: directory, path), file.isSame(as: found) {
                return file
            }
            usleep(500)
        }
        return nil
    }

    /// Refuses all but a regular file.
    private func check(_ type: mode_t) throws(FileError) {
        switch type & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw FileError(.isDirectory, path)
        default: throw FileError(.notRegular, path)
        }
    }
}

// MARK: - Finding the place

extension TargetFile {
    private static func split(_ path: String) -> (parent: String, last: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let parent = slash == path.startIndex ? "/" : String(path[..<slash])
        return (parent, String(path[path.utf8.index(after: slash)...]))
    }

    private static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".."
    }

    private static func openDirectory(_ directory: String, _ path: String) throws(FileError) -> FileDescriptor {
        do throws(FailedCall) {
            return try FileDescriptor(opening: directory, O_RDONLY | O_DIRECTORY)
        } catch {
            throw directoryError(error, path)
        }
    }

    /// The name that is no link, from one link to the next; each must lead to a name in the very same directory.
    private static func followLinks(
        from first: String, in directory: borrowing FileDescriptor, _ path: String
    ) throws(FileError) -> String {
        var name = first
        // As many as the kernel itself follows.
        for _ in 0..<40 {
            guard let found = try status(of: name, in: directory, path), found.st_mode & S_IFMT == S_IFLNK else {
                return name
            }
            let text = try linkText(name, in: directory, path)
            let (parent, last) = split(text)
            guard isFileName(last), isSame(parent, as: directory) else {
                throw FileError(.linkLeavesDirectory, path, linkTarget: text)
            }
            name = last
        }
        throw FileError(.tooManyLinks, path)
    }

    /// The status of what has the name, be it a link; nil when nothing has.
    private static func status(
        of name: String, in directory: borrowing FileDescriptor, _ path: String
    ) throws(FileError) -> stat? {
        var status = stat()
        let number = directory.number
        do throws(FailedCall) {
            try retrying("fstatat") { fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) }
            return status
        } catch {
            if error.code == ENOENT { return nil }
            throw directoryError(error, path)
        }
    }

    private static func linkText(
        _ name: String, in directory: borrowing FileDescriptor, _ path: String
    ) throws(FileError) -> String {
        let number = directory.number
        let size = Int(PATH_MAX)
        var buffer = [CChar](repeating: 0, count: size)
        do throws(FailedCall) {
            let length = try retrying("readlink") { readlinkat(number, name, &buffer, size) }
            return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        } catch {
            throw FileError(.system, path, error)
        }
    }

    /// Whether a link's directory part leads back to the directory that the link is in.
    private static func isSame(_ parent: String, as directory: borrowing FileDescriptor) -> Bool {
        let number = directory.number
        guard parent != "." else { return true }
        // What cannot be reached is not this directory, which is open.
        guard let other = try? FileDescriptor(opening: parent, in: number, O_RDONLY | O_DIRECTORY).status(),
            let own = try? directory.status()
        else { return false }
        return other.st_dev == own.st_dev && other.st_ino == own.st_ino
    }

    private static func directoryError(_ error: FailedCall, _ path: String) -> FileError {
        switch error.code {
        case ENOENT: FileError(.missingDirectory, path, error)
        case ENOTDIR: FileError(.notADirectory, path, error)
        case ELOOP: FileError(.tooManyLinks, path, error)
        case ENAMETOOLONG: FileError(.invalidPath, path, error)
        case EACCES, EPERM: FileError(.notPermitted, path, error)
        default: FileError(.system, path, error)
        }
    }
}
