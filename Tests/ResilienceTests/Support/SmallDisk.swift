import Foundation

/// A file system that is soon full.
struct SmallDisk {
    private let path: String

    /// Nil, after saying so, where nothing may be mounted.
    init?(at path: String, size: String) {
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(size),mode=777") == 0 else {
            print("SKIPPED: no tmpfs may be mounted here (\(String(cString: strerror(errno)))): full disks go untested")
            return nil
        }
        self.path = path
    }

    func unmount() {
        umount2(path, Int32(MNT_DETACH))
    }
}
