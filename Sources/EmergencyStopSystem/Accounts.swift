internal import Glibc

/// The users and groups of the system. Who has which name may have to be asked of a directory service, which may take
/// as long as it likes.
package enum Accounts {
    /// The user's name, where the system knows one. May be called from any thread.
    package static func name(ofUser userID: UInt32) -> String? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: roomForOne) { room in
            guard getpwuid_r(userID, &record, room.baseAddress!, room.count, &found) == 0, found != nil else {
                return nil
            }
            return String(cString: record.pw_name)
        }
    }

    /// The user that stands for all whom this user namespace does not know (the default of kernel.overflowuid).
    package static let overflowUser: UInt32 = 65534

    /// Whether a user id says who somebody is. In a user namespace the overflow id may be anybody's, this process's own
    /// too; where it cannot be told whether this is one, it is taken for one.
    package static func isSomebody(_ userID: UInt32) -> Bool { userID != overflowUser || isInFirstNamespace }

    /// Whether all users are known here, each by his own number.
    private static let isInFirstNamespace: Bool = {
        let descriptor = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &bytes, bytes.count)
        let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return words == ["0", "0", "4294967295"]
    }()

    /// The name of the group that a file belongs to; `nil` where there is no such file, or the group has no name.
    package static func nameOfGroup(owning path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return name(ofGroup: status.st_gid)
    }

    package static func name(ofGroup groupID: UInt32) -> String? {
        findGroup { getgrgid_r(groupID, $0, $1, $2, $3) }?.name
    }

    /// The number of a group, where the system knows one of that name. May be called from any thread.
    package static func groupID(named name: String) -> UInt32? {
        findGroup { getgrnam_r(name, $0, $1, $2, $3) }?.id
    }

    private typealias GroupSearch = (
        UnsafeMutablePointer<group>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<group>?>
    ) -> CInt

    private static func findGroup(_ search: GroupSearch) -> (name: String, id: UInt32)? {
        var record = group()
        var found: UnsafeMutablePointer<group>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: roomForOne) { room in
            guard search(&record, room.baseAddress!, room.count, &found) == 0, found != nil else { return nil }
            return (String(cString: record.gr_name), record.gr_gid)
        }
    }

    /// Bytes for all texts of one record: a group names its members.
    private static let roomForOne = 1 << 18
}
