internal import CPosix

/// What a file system says of a file beside its mode.
package enum FileFlags {
    /// Whether nobody, root neither, may change, rename or replace what is at the path (`chattr +i`); `false` where that
    /// cannot be told.
    package static func isImmutable(_ path: String) -> Bool { cposix_is_immutable(path) == 1 }
}
