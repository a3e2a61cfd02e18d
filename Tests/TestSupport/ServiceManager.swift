internal import Glibc

/// What hears a service's notices, as systemd does: a datagram socket in a folder or in the abstract namespace.
package final class ServiceManager: Sendable {
    /// What belongs into the service's environment as `NOTIFY_SOCKET`.
    package let address: String
    private let descriptor: CInt

    /// - Parameter address: A path, or a name in the abstract namespace behind `@`.
    package init(at address: String) throws {
        self.address = address
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure(systemCall: "socket") }
        let name = address.hasPrefix("@") ? "\0" + address.dropFirst() : address
        let result = withSocketAddress(name) { pointer, length in
            // An abstract name ends where the length says, a path at its zero byte.
            let exact = socklen_t(MemoryLayout<sa_family_t>.size + name.utf8.count)
            return bind(descriptor, pointer, address.hasPrefix("@") ? exact : length)
        }
        guard result == 0 else { throw TestFailure(systemCall: "bind \(address)") }
    }

    deinit { close(descriptor) }

    /// The lines of the next message.
    package func next(within limit: Duration = patience) throws -> [String] {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, Int32(limit / .milliseconds(1))) == 1 else {
            throw TestFailure("no notice within \(limit)")
        }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw TestFailure(systemCall: "recv") }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The lines of the next message that has one beginning so; messages before it are skipped.
    @discardableResult
    package func next(with beginning: String, within limit: Duration = patience) throws -> [String] {
        let deadline = ContinuousClock.now + limit
        var last: [String] = []
        while ContinuousClock.now < deadline {
            last = try next(within: max(.zero, deadline - .now))
            if last.contains(where: { $0.hasPrefix(beginning) }) { return last }
        }
        throw TestFailure("no notice \(beginning) within \(limit); last was \(last)")
    }
}
