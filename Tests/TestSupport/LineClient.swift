package import Glibc
internal import Synchronization

/// A client that speaks lines over a Unix domain socket, with a deadline for everything.
package final class LineClient: Sendable {
    private struct State {
        var received: [UInt8] = []
        var hasEnded = false
    }

    private let descriptor: CInt
    private let state = Mutex(State())

    /// Connects; a full backlog is waited out.
    package init(to path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure(systemCall: "socket") }
        let result = withSocketAddress(path) { Glibc.connect(descriptor, $0, $1) }
        // Not closed here: as everything is initialised, `deinit` does it, and twice would close another's.
        guard result == 0 else { throw TestFailure(systemCall: "connect \(path)") }
        var status = fcntl(descriptor, F_GETFL)
        status |= O_NONBLOCK
        _ = fcntl(descriptor, F_SETFL, status)
    }

    deinit { Glibc.close(descriptor) }

    /// Sends a line, with its line feed added.
    package func send(_ line: String) throws { try send(bytes: Array((line + "\n").utf8)) }

    package func send(bytes: [UInt8], within limit: Duration = patience) throws {
        let deadline = ContinuousClock.now + limit
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try waitFor(POLLOUT, until: deadline, "that \(rest.count) bytes can be sent")
            } else if errno != EINTR {
                throw TestFailure(systemCall: "send")
            }
        }
    }

    /// Sends what goes without waiting; says how much that was.
    package func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { max(0, Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))) }
    }

    /// Says that nothing more will be sent.
    package func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next line, or `nil` when the sidecar has closed the connection.
    package func next(within limit: Duration = patience) throws -> ReplyLine? {
        let deadline = ContinuousClock.now + limit
        while true {
            if let line = takeLine() { return ReplyLine(line) }
            if state.withLock({ $0.hasEnded }) { return nil }
            try receive(until: deadline)
        }
    }

    /// The next line; a closed connection is an error.
    package func line(within limit: Duration = patience) throws -> ReplyLine {
        guard let line = try next(within: limit) else { throw TestFailure("the connection was closed") }
        return line
    }

    /// The next line that fulfils the condition; those before it are skipped.
    @discardableResult
    package func line(
        within limit: Duration = patience, _ what: String, where condition: (ReplyLine) -> Bool
    ) throws -> ReplyLine {
        let deadline = ContinuousClock.now + limit
        var last = "nothing"
        while true {
            do {
                guard let line = try next(within: max(.zero, deadline - .now)) else {
                    throw TestFailure("closed while waiting for \(what); last was: \(last)")
                }
                if condition(line) { return line }
                last = line.text
            } catch let failure as TestFailure {
                throw TestFailure("\(failure); waiting for \(what); last was: \(last)")
            }
        }
    }

    /// Sends a request and gives the line that comes next.
    package func ask(_ request: String) throws -> ReplyLine {
        try send(request)
        return try line()
    }

    /// Sends a request and gives the lines of its answer, the last one included.
    package func askLines(_ request: String, upTo isLast: (ReplyLine) -> Bool = { $0.word == "end" }) throws
        -> [ReplyLine]
    {
        try send(request)
        var lines: [ReplyLine] = []
        repeat { lines.append(try line()) } while !isLast(lines[lines.count - 1])
        return lines
    }

    /// All lines up to the end of the connection.
    package func linesToEnd(within limit: Duration = patience) throws -> [ReplyLine] {
        let deadline = ContinuousClock.now + limit
        var lines: [ReplyLine] = []
        while let line = try next(within: max(.zero, deadline - .now)) { lines.append(line) }
        return lines
    }

    /// The lines that have arrived before the answer to a `ping` sent now: all that was due.
    package func linesDue() throws -> [ReplyLine] {
        let token = "due-\(ContinuousClock.now.duration(to: .now).components.attoseconds)-\(descriptor)"
        var lines = try askLines("ping \(token)") { $0.head == "pong \(token)" }
        lines.removeLast()
        return lines
    }

    /// Bytes received and not yet taken as lines.
    package var rest: [UInt8] { state.withLock { $0.received } }

    private func takeLine() -> String? {
        state.withLock { state in
            guard let end = state.received.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let line = String(decoding: state.received[..<end], as: UTF8.self)
            state.received.removeSubrange(...end)
            return line
        }
    }

    private func receive(until deadline: ContinuousClock.Instant) throws {
        try waitFor(POLLIN, until: deadline, "a line")
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count > 0 {
            state.withLock { $0.received += piece[..<count] }
        } else if count == 0 || errno == ECONNRESET {
            // A connection that was closed with something unread in it ends with a reset.
            state.withLock { $0.hasEnded = true }
        } else if errno != EAGAIN, errno != EINTR {
            throw TestFailure(systemCall: "recv")
        }
    }

    private func waitFor(_ events: CInt, until deadline: ContinuousClock.Instant, _ what: String) throws {
        var poll = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let left = deadline - .now
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        guard Glibc.poll(&poll, 1, Int32(clamping: max(0, milliseconds))) != 0 else {
            throw TestFailure("timed out waiting for \(what)")
        }
    }
}

/// Has a path as a socket's address.
package func withSocketAddress<R>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
}
