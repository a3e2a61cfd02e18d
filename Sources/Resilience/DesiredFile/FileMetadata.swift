internal import Glibc

/// The mode, owner and extended attributes of a file.
struct FileMetadata: Equatable {
    var mode: mode_t
    var owner: FileOwner
    var attributes: FileAttributes

    init(of file: borrowing FileDescriptor) throws(FailedCall) {
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

/// Who owns a file, by number.
public struct FileOwner: Sendable, Hashable {
    /// The user's id.
    public var user: UInt32
    /// The group's id.
    public var group: UInt32

    /// Names an owner.
    public init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }
}
