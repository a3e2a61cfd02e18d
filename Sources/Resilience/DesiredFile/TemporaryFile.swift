internal import Glibc

/// The file that becomes the target: made beside it, readable by nobody else until it is finished, and locked for as
/// long as its writer lives, which is how the next run tells what a killed one left behind.
struct TemporaryFile: ~Copyable {
    let file: FileDescriptor
    private let name: String
    private let directory: Int32
    private let target: String
    private let path: String

    /// - Note: `target` must outlive this: its directory is borrowed.
    init(beside target: borrowing TargetFile, _ willStep: (DesiredFile.Step) -> Void) throws(FileError) {
        directory = target.directory.number
        self.target = target.name
        path = target.path
        while true {
            let name = Self.name(for: target.name)
            do throws(FailedCall) {
                willStep(.createTemporary)
                let file = try FileDescriptor(
                    opening: name, in: directory, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
                willStep(.lockTemporary)
                // Between the two calls another run may have taken it for litter: then it holds the lock, or the name
                // is gone already.
                if try file.tryLock(), try file.status().st_nlink > 0 {
                    self.file = file
                    self.name = name
                    return
                }
            } catch {
                if error.code != EEXIST { throw Self.writeError(error, path) }
            }
        }
    }

    func metadata() throws(FileError) -> FileMetadata {
        do throws(FailedCall) {
            return try FileMetadata(of: file)
        } catch {
            throw Self.writeError(error, path)
        }
    }

    func write(_ bytes: [UInt8], _ willStep: (DesiredFile.Step) -> Void) throws(FileError) {
        do throws(FailedCall) {
            willStep(.write)
            try file.writeAll(bytes)
        } catch {
            throw Self.writeError(error, path)
        }
    }

    func synchronize(_ willStep: (DesiredFile.Step) -> Void) throws(FileError) {
        do throws(FailedCall) {
            willStep(.synchronize)
            try file.synchronize()
        } catch {
            throw Self.writeError(error, path)
        }
    }

    /// Puts this in the target's place, in one step for all who look.
    func takeName(_ willStep: (DesiredFile.Step) -> Void) throws(FileError) {
        do throws(FailedCall) {
            willStep(.rename)
            try retrying("rename") { renameat(directory, name, directory, target) }
        } catch {
            switch error.code {
            case EISDIR, ENOTEMPTY, EEXIST: throw FileError(.isDirectory, path, error)
            default: throw Self.writeError(error, path)
            }
        }
    }

    func remove() {
        _ = unlinkat(directory, name, 0)
    }

    static func writeError(_ error: FailedCall, _ path: String) -> FileError {
        switch error.code {
        case EACCES, EPERM: FileError(.notPermitted, path, error)
        case EROFS: FileError(.readOnlyFileSystem, path, error)
        case ENOSPC, EDQUOT, EFBIG: FileError(.noSpace, path, error)
        case ENOENT: FileError(.missingDirectory, path, error)
        case ENAMETOOLONG: FileError(.invalidPath, path, error)
        default: FileError(.system, path, error)
        }
    }
}

// MARK: - Litter

extension TemporaryFile {
    private static let suffix = ".tmp"

    /// What the names of all temporary files for a target begin with: the target's own name for people to see, short
    /// enough that the whole stays below the 255 bytes of a name.
    private static func prefix(for target: String) -> [UInt8] {
        Array(".".utf8) + Array(target.utf8.prefix(200)) + Array(".desired-".utf8)
    }

    private static func name(for target: String) -> String {
        let random = String(UInt64.random(in: 0 ... .max), radix: 16)
        let digits = String(repeating: "0", count: 16 - random.count) + random
        return String(decoding: prefix(for: target), as: UTF8.self) + digits + suffix
    }

    static func isName(_ name: [UInt8], for target: String) -> Bool {
        let prefix = prefix(for: target)
        let middle = name.dropFirst(prefix.count).dropLast(suffix.utf8.count)
        return name.count == prefix.count + 16 + suffix.utf8.count
            && name.starts(with: prefix) && name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
            && middle.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

extension TargetFile {
    /// Removes the temporary files of this target whose writers are no more.
    ///
    /// It does what it can: what cannot be removed harms nobody, and a directory that cannot be written to makes
    /// itself known when there is something to write.
    func removeLitter(_ willStep: (DesiredFile.Step) -> Void) {
        for name in litterNames() {
            guard
                let file = try? FileDescriptor(
                    opening: name, in: directory.number, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY),
                let opened = try? file.status(), opened.st_mode & S_IFMT == S_IFREG,
                (try? file.tryLock()) == true
            else { continue }
            // Its writer may have renamed it, and be gone, between the look at the directory and the lock: what has
            // the name now must be what is locked.
            var named = stat()
            guard fstatat(directory.number, name, &named, AT_SYMLINK_NOFOLLOW) == 0,
                named.st_ino == opened.st_ino, named.st_dev == opened.st_dev
            else { continue }
            willStep(.removeLitter)
            _ = unlinkat(directory.number, name, 0)
        }
    }

    private func litterNames() -> [String] {
        // A stream takes its descriptor over, and a duplicate would share the place in the directory.
        guard let own = try? FileDescriptor(opening: ".", in: directory.number, O_RDONLY | O_DIRECTORY),
            case let duplicate = fcntl(own.number, F_DUPFD_CLOEXEC, 0), duplicate >= 0
        else { return [] }
        guard let stream = fdopendir(duplicate) else {
            _ = close(duplicate)
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if TemporaryFile.isName(bytes, for: name) { names.append(String(decoding: bytes, as: UTF8.self)) }
        }
        return names
    }
}
