package import Glibc

/// The address of a Unix domain socket: a path, or a name in the abstract namespace.
package struct SocketAddress: Sendable {
    /// The longest path, in bytes: the kernel's room is one more, for the zero behind it.
    package static let pathLimit = 107

    private var address = sockaddr_un()
    private let length: socklen_t

    /// The address of a path; `nil` where it does not fit, is empty or has a zero in it.
    package init?(path: String) {
        let bytes = Array(path.utf8)
        guard (1...Self.pathLimit).contains(bytes.count), !bytes.contains(0) else { return nil }
        self.init(bytes, zero: 1)
    }

    /// The address of a name in the abstract namespace, without its leading zero.
    package init?(abstract name: String) {
        let bytes = [0] + Array(name.utf8)
        guard bytes.count <= Self.pathLimit else { return nil }
        self.init(bytes, zero: 0)
    }

    private init(_ bytes: [UInt8], zero: Int) {
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + zero)
    }

    /// Calls `bind`, `connect` or the like with it.
    package func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    /// The path that a socket is bound to; `nil` where it has none.
    package static func path(of descriptor: CInt) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        // A name in the abstract namespace begins with a zero, and so is no path.
        let bytes = withUnsafeBytes(of: &address.sun_path) { Array($0.prefix { $0 != 0 }) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
