internal import EmergencyStopCore
internal import Glibc

/// The directories in which something can happen that changes what a path leads to, and the names that matter
/// in each: the walk that the kernel makes from the path to the file, written down.
///
/// Paths and names are bytes, as they are for the kernel.
struct PathWalk {
    /// A directory of the walk, spelled without symbolic links.
    struct Place: Equatable {
        var directory: [UInt8]
        /// The entries of the directory on which the walk depends: the file itself, symbolic links on the way to
        /// it, or the first thing that is missing.
        var names: Set<[UInt8]>
    }

    /// As many symbolic links as the kernel follows.
    private static let linkLimit = 40
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// In the order in which the walk comes to them.
    private(set) var places: [Place] = []
    private var directory: [UInt8] = []
    /// What is still to walk, the next component last.
    private var remaining: [[UInt8]] = []

    /// Walks a path as far as it leads now.
    init(_ path: String) {
        follow(Array(path.utf8))
        var links = 0
        while let name = remaining.popLast() {
            let next = directory + [Self.slash] + name
            guard name != [Self.dot, Self.dot] else {
                directory = next
                continue
            }
            switch Self.kind(next) {
            case S_IFLNK:
                note(name)
                links += 1
                guard links <= Self.linkLimit, let target = Self.target(next) else { return }
                follow(target)
            case S_IFDIR where !remaining.isEmpty:
                directory = next
            default:
                // The end of the path, or of what there is of it.
                note(name)
                return
            }
        }
    }

    /// Puts a path, or a link's target, in front of what is still to walk.
    private mutating func follow(_ path: [UInt8]) {
        if path.first == Self.slash {
            directory = []
        } else if directory.isEmpty, places.isEmpty {
            directory = [Self.dot]
        }
        remaining += path.split(separator: Self.slash).map(Array.init).filter { $0 != [Self.dot] }.reversed()
    }

    private mutating func note(_ name: [UInt8]) {
        let spelling = directory.isEmpty ? [Self.slash] : directory
        if let index = places.firstIndex(where: { $0.directory == spelling }) {
            places[index].names.insert(name)
        } else {
            places.append(Place(directory: spelling, names: [name]))
        }
    }

    /// What is at a path, symbolic links not followed, or `nil` where nothing can be found out.
    static func kind(_ path: [UInt8]) -> mode_t? {
        var status = stat()
        return withPath(path) { lstat($0, &status) } == 0 ? status.st_mode & S_IFMT : nil
    }

    /// What a symbolic link says, or `nil` where there is no such link.
    static func target(_ path: [UInt8]) -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = withPath(path) { readlink($0, &buffer, buffer.count) }
        let target = buffer.prefix(max(length, 0)).map(UInt8.init(bitPattern:))
        return target.isEmpty ? nil : target
    }

    /// Calls the system with a path.
    static func withPath<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        var terminated = path.map(CChar.init(bitPattern:))
        terminated.append(0)
        return terminated.withUnsafeBufferPointer { buffer in
            // Never empty, for it ends with the terminator.
            guard let start = buffer.baseAddress else { preconditionFailure("an array with an element has storage") }
            return body(start)
        }
    }
}

extension FileIdentity {
    /// The directory at a path; `nil` where there is none, or one that has been deleted and only lives on because
    /// something still refers to it.
    init?(ofDirectory path: [UInt8]) {
        var status = stat()
        guard PathWalk.withPath(path, { stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR,
            status.st_nlink > 0
        else { return nil }
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}
