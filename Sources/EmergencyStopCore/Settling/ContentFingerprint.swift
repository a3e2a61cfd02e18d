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
