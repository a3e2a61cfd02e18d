/// What one attempt to read the stop file saw.
package enum ReadObservation: Sendable, Hashable {
    /// A regular file: its bytes, whichever file holds them. Stable where they were there as a whole, and are no mixture.
    case content(ContentFingerprint, isStable: Bool)
    /// There was no file to read.
    case absent(Absence)
    /// No read took place, for a reason that says nothing about the file; the text names it.
    case failed(String)
}

/// How there can be no file to read.
package enum Absence: Sendable, Hashable {
    case missing
    /// Something is there, but it may not be read or is no regular file; the text says which.
    case unreadable(String)
}

/// Which file or directory something is, whatever its path: paths change hands, inodes do not while they live.
package struct FileIdentity: Sendable, Hashable {
    package var device: UInt64
    package var inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// What stands for a file's content when two reads are compared, so that the content need not be kept.
///
/// The hash is seeded anew in each process: nobody who writes the file can prepare two contents that look equal.
package struct ContentFingerprint: Sendable, Hashable {
    package let size: Int
    private let hash: Int

    package init(of bytes: [UInt8]) {
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        size = bytes.count
        hash = hasher.finalize()
    }
}
