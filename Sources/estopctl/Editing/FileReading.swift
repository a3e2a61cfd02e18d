internal import Glibc

/// Reads a stop file whole.
enum FileReading {
    /// The most bytes that the sidecar reads unless it is told otherwise. One more is read, so that it shows.
    static let limit = 64 << 20

    /// Why a file could not be read.
    struct Failure: Error, CustomStringConvertible {
        let code: Int32

        var isMissing: Bool { code == ENOENT }
        var description: String { String(cString: strerror(code)) }
    }

    static func bytes(of path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        defer { close(descriptor) }
        return try bytes(from: descriptor)
    }

    static func standardInput() throws(Failure) -> [UInt8] { try bytes(from: STDIN_FILENO) }

    /// The bytes of a regular file. A FIFO in the place of a stop file would never end.
    static func bytesOfRegularFile(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Failure(code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        let bytes = try bytes(from: descriptor)
        guard bytes.count <= limit else { throw Failure(code: EFBIG) }
        return bytes
    }

    private static func bytes(from descriptor: CInt) throws(Failure) -> [UInt8] {
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
