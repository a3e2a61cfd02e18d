internal import CExtendedAttributes
internal import Glibc

extension TemporaryFolder {
    /// An extended attribute; nil where there is none.
    package func attribute(_ attribute: String, of name: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = getxattr(path(of: name), attribute, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes[..<count])
    }

    package func setAttribute(_ attribute: String, _ bytes: [UInt8], of name: String) throws {
        guard setxattr(path(of: name), attribute, bytes, bytes.count, 0) == 0 else {
            throw TestFailure(systemCall: "setxattr \(attribute)")
        }
    }

    /// Gives a file an access control list by which its owner may read and write, its group and the others only read
    /// (or what is said), and a user what is said.
    package func setAccessList(
        of name: String, user: UInt32, may permissions: UInt16, group: UInt16 = 4, others: UInt16 = 4
    ) throws {
        try setAttribute(
            Self.accessList, Self.accessList(user: user, may: permissions, group: group, others: others), of: name)
    }

    /// The attribute that holds the list.
    package static let accessList = "system.posix_acl_access"
    package static let defaultAccessList = "system.posix_acl_default"

    /// The list as the kernel takes it: tag, permissions and id of each entry.
    package static func accessList(user: UInt32, may permissions: UInt16, group: UInt16, others: UInt16) -> [UInt8] {
        let none = UInt32.max
        let entries: [(tag: UInt16, permissions: UInt16, id: UInt32)] = [
            (1, 6, none), (2, permissions, user), (4, group, none), (16, permissions | group, none), (32, others, none),
        ]
        func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        return bytes(UInt32(2)) + entries.flatMap { bytes($0.tag) + bytes($0.permissions) + bytes($0.id) }
    }
}

/// Whether the temporary folders are on a file system that knows access control lists.
package let hasAccessLists =
    (try? withTemporaryFolder { folder in
        try folder.write("", to: "a")
        try folder.setAccessList(of: "a", user: 1234, may: 4)
        return true
    }) ?? false
