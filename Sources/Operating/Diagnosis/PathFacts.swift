internal import CPosix
internal import EmergencyStopSystem
internal import Glibc

/// What there is to know about the place of a stop file.
struct PathFacts {
    enum Kind: Hashable {
        case missing
        case regular
        case directory
        case other
    }

    /// A directory on the way, or the file itself.
    struct Step: Hashable {
        var path: String
        var owner: UInt32
        var mode: UInt32

        /// Whether anybody may put another file in its place or change it.
        var isWorldWritable: Bool { mode & 0o002 != 0 && mode & UInt32(S_ISVTX) == 0 }
    }

    var path: String
    var kind: Kind
    /// The error of looking at it, where there was one.
    var problem: String?
    /// The file and every directory above it.
    var steps: [Step] = []
    /// The number that `statfs` gives for the kind of file system of its directory.
    var fileSystem: Int?
    /// Whether the file is mounted by itself, as with a Kubernetes `subPath`.
    var isMountPoint = false
    /// Whether who asks may put another file in its place, or append to it.
    var mayBeChanged = false
    /// The group that it belongs to.
    var group: String?
    /// What nobody may change: the file, or a directory above it.
    var immutable: String?
    var freeBytes: UInt64?

    init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }

    /// Looks.
    init(lookingAt path: String) {
        let resolved = StopFileLocation.resolved(path)
        var status = stat()
        if stat(resolved, &status) != 0 {
            self.init(path: resolved, kind: .missing)
            problem = String(cString: strerror(errno))
        } else {
            let kind: Kind =
                switch status.st_mode & S_IFMT {
                case S_IFREG: .regular
                case S_IFDIR: .directory
                default: .other
                }
            self.init(path: resolved, kind: kind)
            steps.append(Step(path: resolved, owner: status.st_uid, mode: status.st_mode & 0o7777))
        }
        let directory = StopFileUpdate.directory(of: resolved)
        var parent = StopFileLocation.resolved(directory)
        isMountPoint = Self.isMounted(resolved)
        while true {
            var status = stat()
            if stat(parent, &status) == 0 {
                steps.append(Step(path: parent, owner: status.st_uid, mode: status.st_mode & 0o7777))
            }
            if parent == "/" || parent == "." { break }
            parent = StopFileUpdate.directory(of: parent)
        }
        mayBeChanged = access(directory, W_OK | X_OK) == 0 || access(resolved, W_OK) == 0
        group = Accounts.nameOfGroup(owning: resolved)
        immutable = [resolved, directory].first(where: FileFlags.isImmutable)
        var system = statfs()
        if statfs(directory, &system) == 0 {
            fileSystem = Int(system.f_type)
            freeBytes = UInt64(system.f_bavail) * UInt64(max(0, system.f_bsize))
        }
    }

    /// Whether a file is mounted by itself, so that no other can take its place.
    static func isMounted(_ path: String) -> Bool { mountPoints().contains(path) }

    private static func mountPoints() -> Set<String> {
        guard let bytes = try? FileReading.bytes(of: "/proc/self/mountinfo") else { return [] }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        return Set(
            lines.compactMap { line in
                let words = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
                return words.count > 4 ? String(decoding: words[4], as: UTF8.self) : nil
            })
    }
}

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
