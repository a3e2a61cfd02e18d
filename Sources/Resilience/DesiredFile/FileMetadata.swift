#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The mode, owner and extended attributes of a file.
struct FileMetadata: Equatable {
    var mode: mode_t
    var owner: FileOwner
    var attributes: FileAttributes

    init(of file: borrowing FileDescriptor) throws(SystemError) {
        let status = try file.status()
        mode = status.st_mode & 0o7777
        owner = FileOwner(user: status.st_uid, group: status.st_gid)
        attributes = try FileAttributes(of: file)
    }

    /// These, but for what is asked to be otherwise.
    func with(mode: UInt32?, owner: FileOwner?) -> FileMetadata {
        var changed = self
        if let mode { changed.mode = mode_t(mode) }
        if let owner { changed.owner = owner }
        return changed
    }
}
