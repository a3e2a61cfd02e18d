internal import Glibc

/// What tells whether a path still leads to the same file. The numbers of inodes are used again at once, and then the
/// time of the last change is another.
struct FilePlace: Hashable {
    let device: UInt64
    let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int

    /// `nil` where there is no file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        seconds = status.st_ctim.tv_sec
        nanoseconds = status.st_ctim.tv_nsec
    }
}
