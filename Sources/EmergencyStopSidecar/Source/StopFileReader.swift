internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc

/// Reads the stop file by its path, each time anew: whatever the path leads to now is the stop file.
///
/// Belongs to one thread. A read blocks for as long as the file system does.
struct StopFileReader: ~Copyable {
    /// How often a file is opened anew that has been replaced when it is open.
    private static let openLimit = 100

    private let path: String
    private let sizeLimit: Int
    private let reserve: DescriptorReserve

    init(path: String, sizeLimit: Int, reserve: DescriptorReserve = .shared) {
        self.path = path
        self.sizeLimit = sizeLimit
        self.reserve = reserve
    }

    /// Reads the file.
    mutating func read() -> FileRead {
        // Last of all, when the file's own descriptor is free again.
        defer { reserve.restore() }
        do {
            for _ in 0..<Self.openLimit {
                let descriptor = try openFile()
                defer { close(descriptor) }
                if let content = try content(of: descriptor) { return content }
            }
            return .failed("the file is replaced faster than it can be opened")
        } catch {
            return error.outcome
        }
    }

    // MARK: Opening

    /// Opens the path if a regular file is there.
    ///
    /// Its kind is asked for before it is opened, for opening alone can do harm: it arms a watchdog device, it
    /// lets a writer at a FIFO go on. What gets in between is caught after opening.
    private mutating func openFile() throws(ReadError) -> CInt {
        try checkKind(Self.status { stat(path, &$0) })
        while true {
            let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
            if descriptor >= 0 { return descriptor }
            let error = SystemError.last
            // Where another thread is quicker to what was given up, the next one.
            if error.isShortageOfDescriptors, reserve.release() { continue }
            if error.code != EINTR { throw .system(error) }
        }
    }

    private func checkKind(_ status: stat) throws(ReadError) {
        let kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: nil as String?
            case S_IFDIR: "is a directory"
            case S_IFIFO: "is a FIFO"
            case S_IFSOCK: "is a socket"
            case S_IFCHR, S_IFBLK: "is a device"
            default: "is no regular file"
            }
        if let kind { throw .unreadable(kind) }
    }

    // MARK: Reading

    /// What the file holds; `nil` where another stands at its path by now.
    private func content(of descriptor: CInt) throws(ReadError) -> FileRead? {
        let before = try Self.status { fstat(descriptor, &$0) }
        try checkKind(before)
        guard before.st_nlink > 0 else {
            let present = try Self.status { stat(path, &$0) }
            guard present.st_dev == before.st_dev, present.st_ino == before.st_ino else { return nil }
            // A file that was deleted and is still mounted here, as by a container's mount of a single file, can be
            // changed by nobody any more. An emergency stop that cannot be pulled is none.
            throw .unreadable("has been deleted, though it is still mounted here")
        }
        let bytes = try readBytes(descriptor, expecting: Int(before.st_size))
        var after = try Self.status { fstat(descriptor, &$0) }
        var isStable = before.isUnchanged(in: after)
        if !isStable {
            // Somebody writes, or has only touched it: then the same bytes are there once more.
            lseek(descriptor, 0, SEEK_SET)
            isStable = try readBytes(descriptor, expecting: Int(after.st_size)) == bytes
            after = try Self.status { fstat(descriptor, &$0) }
        }
        return .file(
            FileContent(
                bytes: bytes,
                identity: FileIdentity(device: UInt64(before.st_dev), inode: UInt64(before.st_ino)),
                owner: before.st_uid,
                isStable: isStable && bytes.count == min(Int(after.st_size), sizeLimit + 1)
            )
        )
    }

    /// Reads to the end of the file, or one byte past the limit.
    private func readBytes(_ descriptor: CInt, expecting size: Int) throws(ReadError) -> [UInt8] {
        var failure: SystemError?
        let most = sizeLimit + 1
        // One more than the file should have, so that its end shows without another allocation. A file that is
        // longer by now has grown under the read, which is not stable then, and the rest is read next time.
        let bytes = [UInt8](unsafeUninitializedCapacity: min(size + 1, most)) { buffer, count in
            while count < buffer.count {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                if got > 0 {
                    count += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    failure = .last
                    return
                }
            }
        }
        if let failure { throw .system(failure) }
        return bytes
    }

    private static func status(_ call: (inout stat) -> CInt) throws(ReadError) -> stat {
        var status = stat()
        while call(&status) != 0 {
            let error = SystemError.last
            if error.code != EINTR { throw .system(error) }
        }
        return status
    }
}

/// Why a read brought back no file.
private enum ReadError: Error {
    case unreadable(String)
    case system(SystemError)

    /// What the error says about the file. An error that is not known to speak of the file speaks of the machine:
    /// then nothing was learnt, and the lease decides how long that may go on.
    var outcome: FileRead {
        switch self {
        case .unreadable(let reason):
            .absent(.unreadable(reason))
        case .system(let error):
            switch error.code {
            case ENOENT, ENOTDIR:
                .absent(.missing)
            case EACCES, EPERM, ELOOP, ENAMETOOLONG, EISDIR, ENXIO, ENODEV:
                .absent(.unreadable(error.description))
            default:
                .failed(error.description)
            }
        }
    }
}

extension stat {
    /// Whether nothing that a change of the content leaves behind differs.
    fileprivate func isUnchanged(in later: stat) -> Bool {
        st_size == later.st_size
            && st_mtim.tv_sec == later.st_mtim.tv_sec && st_mtim.tv_nsec == later.st_mtim.tv_nsec
            && st_ctim.tv_sec == later.st_ctim.tv_sec && st_ctim.tv_nsec == later.st_ctim.tv_nsec
    }
}

/// What one attempt to read the stop file brought back.
enum FileRead: Sendable {
    case file(FileContent)
    case absent(Absence)
    case failed(String)
}

/// A file's bytes, and what is known about the file that held them.
struct FileContent: Sendable {
    /// One more than the limit where the file is larger than the limit.
    var bytes: [UInt8]
    var identity: FileIdentity
    /// The numeric user id of the owner.
    var owner: UInt32
    /// Whether the bytes were there as a whole: nothing about the file changed under the read, or a second read in a row
    /// found the same.
    var isStable: Bool
}
