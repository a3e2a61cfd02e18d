internal import Glibc

/// A regular file that is there, open for reading.
final class ExistingFile {
    let file: FileDescriptor
    /// The bits of the mode that say what kind of file it is.
    let type: mode_t
    let metadata: FileMetadata
    private let size: Int
    private let device: dev_t
    private let inode: ino_t
    private let path: String

    /// Opens it without blocking on a FIFO and without following a link: it may have been exchanged for either.
    init(opening name: String, in directory: Int32, path: String) throws(FailedCall) {
        file = try FileDescriptor(opening: name, in: directory, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)
        let status = try file.status()
        type = status.st_mode & S_IFMT
        metadata = try FileMetadata(of: file)
        size = Int(status.st_size)
        device = status.st_dev
        inode = status.st_ino
        self.path = path
    }

    /// Whether this is the file that was found to have the name. While it is open no other has its number.
    func isSame(as found: stat) -> Bool {
        found.st_dev == device && found.st_ino == inode
    }

    /// Whether it holds exactly these bytes.
    func holds(_ bytes: [UInt8]) throws(FileError) -> Bool {
        // Most files that differ, differ in size.
        guard size == bytes.count else { return false }
        do throws(FailedCall) {
            let number = file.number
            try retrying("lseek") { lseek(number, 0, SEEK_SET) }
            return try file.holds(bytes)
        } catch {
            throw FileError(.system, path, error)
        }
    }
}
