internal import Glibc

/// Reads a stop file whole.
package enum FileReading {
    /// The most bytes that the sidecar reads unless it is told otherwise. One more is read, so that it shows.
    package static let limit = 64 << 20

    /// Why a file could not be read.
    package struct Failure: Error, CustomStringConvertible {
        package let code: Int32
        /// What is in the file's place, where that is no regular file: no system call fails for it.
        package var kind: String?

        package var isMissing: Bool { code == ENOENT }
        /// Whether it is nothing that anybody could read as a file.
        package var isNotRegular: Bool { kind != nil || code == ELOOP }
        package var description: String {
            if let kind { return "is \(kind), and not a file" }
            if code == ELOOP { return "is a symbolic link that leads around in a circle" }
            return code == EFBIG ? "is larger than \(limit) bytes" : String(cString: strerror(code))
        }

        package var remedy: String {
            if isNotRegular {
                return "a sidecar that reads it stops everything. Put a file there, or name it with --file"
            }
            switch code {
            case EACCES, EPERM: return "check its owner and mode, or use sudo"
            case EFBIG: return "a sidecar that reads no more, either, stops everything. Shorten it"
            case ENOTDIR: return "correct the path"
            default: return "see to its file system"
            }
        }
    }

    package static func bytes(of path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        defer { close(descriptor) }
        return try bytes(from: descriptor)
    }

    package static func standardInput() throws(Failure) -> [UInt8] { try bytes(from: STDIN_FILENO) }

    /// The bytes of a regular file, and of none that a link leads to: the path has been resolved, by whom the links are.
    /// A FIFO in the place of a stop file would never end.
    package static func bytesOfRegularFile(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(code: EINVAL, kind: kind(status.st_mode))
        }
        let bytes = try bytes(from: descriptor)
        guard bytes.count <= limit else { throw Failure(code: EFBIG) }
        return bytes
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a FIFO"
        default: "a device"
        }
    }

    /// The bytes from the descriptor's place on.
    package static func bytes(from descriptor: CInt) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(code: errno)
            }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
