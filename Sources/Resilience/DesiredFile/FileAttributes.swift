internal import CExtendedAttributes
internal import Glibc

/// The extended attributes of a file that a file in its place has to have as well: the access control list is one of
/// them, and so is the label by which SELinux decides.
struct FileAttributes: Equatable {
    /// Those that belong to the very bytes: they are not handed on to others.
    private static let ofContents: Set<String> = ["security.capability", "security.ima", "security.evm"]
    private static let accessListName = "system.posix_acl_access"

    private(set) var values: [String: [UInt8]] = [:]

    /// Reads them; a file system that knows none has none.
    init(of file: borrowing FileDescriptor) throws(FailedCall) {
        for name in try Self.names(of: file) where !Self.ofContents.contains(name) {
            values[name] = try Self.value(name, of: file)
        }
    }

    var accessList: AccessList? {
        get { values[Self.accessListName].map(AccessList.init) }
        set { values[Self.accessListName] = newValue?.bytes }
    }

    /// Gives a file the attributes that it has not got yet, and takes an access list away that it should not have: a
    /// new file may have one from its directory.
    ///
    /// - Returns: The names of those that it could not be given, with why.
    func set(on file: borrowing FileDescriptor, current: FileAttributes) -> [(name: String, error: FailedCall)] {
        let number = file.number
        var failures: [(name: String, error: FailedCall)] = []
        func attempt(_ name: String, _ call: String, _ body: () -> Int32) {
            do throws(FailedCall) {
                try retrying(call, body)
            } catch {
                failures.append((name, error))
            }
        }
        if current.accessList != nil, values[Self.accessListName] != current.values[Self.accessListName] {
            attempt(Self.accessListName, "fremovexattr") { fremovexattr(number, Self.accessListName) }
        }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where current.values[name] != value {
            attempt(name, "fsetxattr") { fsetxattr(number, name, value, value.count, 0) }
        }
        return failures
    }

    static func isAccessList(_ name: String) -> Bool { name == accessListName }

    private static func names(of file: borrowing FileDescriptor) throws(FailedCall) -> [String] {
        let number = file.number
        let bytes = try read("flistxattr") { buffer, size in
            flistxattr(number, buffer?.assumingMemoryBound(to: CChar.self), size)
        }
        return (bytes ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func value(_ name: String, of file: borrowing FileDescriptor) throws(FailedCall) -> [UInt8]? {
        let number = file.number
        return try read("fgetxattr") { buffer, size in fgetxattr(number, name, buffer, size) }
    }

    /// What a call writes that tells how much there is when it is given no room; nil where there is nothing.
    private static func read(
        _ call: String, _ body: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(FailedCall) -> [UInt8]? {
        do throws(FailedCall) {
            while true {
                let size = try retrying(call) { body(nil, 0) }
                var bytes = [UInt8](repeating: 0, count: size)
                do throws(FailedCall) {
                    let count = try retrying(call) { bytes.withUnsafeMutableBytes { body($0.baseAddress, size) } }
                    return size == 0 ? [] : Array(bytes[..<count])
                } catch {
                    // It has grown between the two calls.
                    guard error.code == ERANGE else { throw error }
                }
            }
        } catch {
            guard error.code == ENOTSUP || error.code == ENODATA else { throw error }
            return nil
        }
    }
}

/// An access control list as the kernel hands it out: who beside owner, group and the others may do what.
struct AccessList {
    private enum Tag: UInt16 {
        case owner = 1
        case user = 2
        case owningGroup = 4
        case group = 8
        case mask = 16
        case others = 32
    }

    private static let headerSize = 4
    private static let entrySize = 8
    private static let mayWrite: UInt16 = 2

    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var entries: [(offset: Int, tag: Tag, permissions: UInt16)] {
        stride(from: Self.headerSize, through: bytes.count - Self.entrySize, by: Self.entrySize).compactMap { offset in
            guard let tag = Tag(rawValue: word(offset)) else { return nil }
            return (offset, tag, word(offset + 2))
        }
    }

    private func word(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8 }

    private func permissions(_ tag: Tag) -> UInt16 { entries.first { $0.tag == tag }?.permissions ?? 0 }

    /// The mode for a file that cannot have this list: nobody may do more than under the list. Where there is one, the
    /// mode's group bits are its mask, which is more than the group itself may do.
    func narrowed(_ mode: mode_t) -> mode_t {
        var narrow = mode & ~0o070 | mode & mode_t(permissions(.owningGroup)) << 3
        let isDenied = entries.contains { entry in
            [.user, .group].contains(entry.tag) && entry.permissions & permissions(.mask) & Self.mayWrite == 0
        }
        // Who is named and may not write is of the group, perhaps, or one of the others.
        if isDenied { narrow &= ~0o022 }
        return narrow
    }

    /// The list for a file of another group than it was made for, which may do no more than the others.
    func forAnotherGroup() -> AccessList {
        var list = self
        let others = permissions(.others)
        for entry in entries where entry.tag == .owningGroup {
            list.bytes[entry.offset + 2] = UInt8(truncatingIfNeeded: entry.permissions & others)
        }
        return list
    }
}
