/// What kinds of file system mean for watching a file on them (magic numbers: `statfs(2)`).
enum FileSystemKind {
    /// The name of a file system on which changes made elsewhere are not told of by inotify.
    static func silent(_ number: Int) -> String? {
        switch number {
        case 0x6969: "NFS"
        case 0x6573_5546: "FUSE"
        case 0x0102_1997: "9P"
        case 0xFF53_4D42, 0xFE53_4D42, 0x517B: "SMB"
        case 0x00C3_6400: "Ceph"
        case 0x4750_4653: "GPFS"
        case 0x0BD0_0BD0: "Lustre"
        case 0x786F_4256: "VirtualBox's shared folders"
        default: nil
        }
    }
}
