import Foundation
import Synchronization

/// A web server on a port of its own that can be turned off and on: off, connections are refused.
final class LocalWebServer: Sendable {
    struct CannotListen: Error {}

    let port: UInt16
    /// Bound and never listening, so that nobody else gets the port while the server is off.
    private let placeholder: Int32
    private let listener = Mutex<Int32?>(nil)

    var url: String { "http://127.0.0.1:\(port)/" }

    init() throws {
        (placeholder, port) = try Self.bound(to: 0)
    }

    deinit {
        turnOff()
        close(placeholder)
    }

    func turnOn() throws {
        let (socket, _) = try Self.bound(to: port)
        guard listen(socket, 16) == 0 else { throw CannotListen() }
        Thread.detachNewThread {
            while case let client = accept(socket, nil, nil), client >= 0 {
                Self.answer(client)
            }
            // Closed here and nowhere else: its number must not become another's while this thread uses it.
            close(socket)
        }
        listener.withLock { $0 = socket }
    }

    func turnOff() {
        let socket = listener.withLock { state in
            defer { state = nil }
            return state
        }
        if let socket { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private static func answer(_ client: Int32) {
        var request: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let count = read(client, &buffer, buffer.count)
            if count <= 0 { break }
            request += buffer[..<count]
        }
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello".utf8)
        // A client that has gone away is no reason for a signal.
        send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
        close(client)
    }

    private static func bound(to port: UInt16) throws -> (socket: Int32, port: UInt16) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var on: Int32 = 1
        for option in [SO_REUSEADDR, SO_REUSEPORT] {
            setsockopt(socket, SOL_SOCKET, option, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0
            }
        }
        guard result else {
            close(socket)
            throw CannotListen()
        }
        return (socket, UInt16(bigEndian: address.sin_port))
    }
}
