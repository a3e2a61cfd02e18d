internal import EmergencyStop
package import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc

/// A connection on which one waits for what one asked, with a time limit for everything.
///
/// Used by one thread. It blocks, as the commands that use it have nothing else to do; what has to hear a stop while
/// it works (`run`) uses the client library.
package final class SidecarConnection {
    /// One line of the sidecar, as it came and understood.
    package struct Line {
        package let bytes: [UInt8]

        package var fields: LineFields { LineFields(bytes.span) }
        package var understood: ServerLine { ServerLine(bytes.span) }
    }

    package let path: String
    /// How long one answer may take.
    package var limit: Duration
    /// Readable when a line may have come.
    package let descriptor: CInt
    /// The sidecar's process; 0 where this process id namespace does not show it.
    let processID: Int32
    private var splitter = LineSplitter()
    private var lines: [Line] = []
    private var next = 0

    /// Connects, and makes sure of who is at the other end.
    package init(to path: String, limit: Duration) throws(SidecarError) {
        self.path = path
        self.limit = limit
        descriptor = try Self.connect(path, limit)
        guard let peer = PeerCredentials(of: descriptor) else {
            processID = 0
            throw failure(.system("getsockopt", errno))
        }
        processID = peer.processID
        guard TrustedUsers().contains(peer.userID) else { throw failure(.stranger(userID: peer.userID)) }
    }

    deinit { close(descriptor) }

    /// Sends requests, each a line.
    package func send(_ requests: [Request]) throws(SidecarError) {
        var writer = LineWriter()
        for request in requests { request.write(to: &writer) }
        var rest = writer.bytes[...]
        let deadline = ContinuousClock.now + limit
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, until: deadline)
            } else if errno == EPIPE || errno == ECONNRESET {
                // Why it closed may lie there to be read.
                return
            } else if errno != EINTR {
                throw failure(.system("send", errno))
            }
        }
    }

    /// The next line, or `nil` where the deadline passes first.
    package func line(until deadline: ContinuousClock.Instant) throws(SidecarError) -> Line? {
        while true {
            if let line = takeLine() {
                if case .error(let refusal) = line.understood { throw failure(.refused(refusal.expected)) }
                return line
            }
            guard try isReady(POLLIN, until: deadline) else { return nil }
            try receive()
        }
    }

    /// The next line, within the limit.
    package func line() throws(SidecarError) -> Line {
        guard let line = try line(until: .now + limit) else { throw failure(.silent(limit)) }
        return line
    }

    /// Asks for what is answered by lines and an `end`, and hands each over; returns the last.
    @discardableResult
    package func ask(_ request: Request, each body: (Line) -> Void) throws(SidecarError) -> Line {
        try send([request])
        while true {
            let line = try line()
            if case .end = line.understood { return line }
            body(line)
        }
    }

    /// What a status is now.
    package func status(of name: WorkflowName) throws(SidecarError) -> ServerLine.Status {
        try send([.status(name)])
        guard case .status(let status) = try line().understood, status.name == name else { throw failure(.garbled) }
        return status
    }

    /// What holds for every entry, and for every name that is watched or run without one.
    package func list() throws(SidecarError) -> [ServerLine.Status] {
        var listed: [ServerLine.Status] = []
        try ask(.list) { if case .status(let status) = $0.understood { listed.append(status) } }
        return listed
    }

    /// The changes that it remembers, the oldest first.
    package func history() throws(SidecarError) -> [HistoryRecord] {
        var records: [HistoryRecord] = []
        try ask(.history) { if let record = HistoryRecord($0.fields) { records.append(record) } }
        return records
    }

    /// The runs that a name or pattern matches, all without one; and whether the sidecar knows them all.
    package func runs(of name: WorkflowName?) throws(SidecarError) -> (runs: [ServerLine.Run], areComplete: Bool) {
        var runs: [ServerLine.Run] = []
        let end = try ask(.processes(name)) { if case .run(let run) = $0.understood { runs.append(run) } }
        return (runs, end.fields.text("complete") != "no")
    }

    /// Whether a line has come that was not taken yet.
    package var hasLine: Bool { next < lines.count }

    private func takeLine() -> Line? {
        guard next < lines.count else { return nil }
        defer { next += 1 }
        return lines[next]
    }

    private func receive() throws(SidecarError) {
        lines.removeAll(keepingCapacity: true)
        next = 0
        var buffer = [UInt8](repeating: 0, count: 32_768)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count == 0 || (count < 0 && errno == ECONNRESET) { throw failure(.closed) }
        if count < 0 {
            if errno == EINTR || errno == EAGAIN { return }
            throw failure(.system("recv", errno))
        }
        do throws(LineSplitter.LineTooLong) {
            try splitter.append(buffer.span.extracting(0..<count)) { line in
                lines.append(Line(bytes: line.withUnsafeBufferPointer { Array($0) }))
            }
        } catch {
            throw failure(.garbled)
        }
    }

    private func wait(for event: Int32, until deadline: ContinuousClock.Instant) throws(SidecarError) {
        guard try isReady(event, until: deadline) else { throw failure(.silent(limit)) }
    }

    private func isReady(_ event: Int32, until deadline: ContinuousClock.Instant) throws(SidecarError) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let left = max(.zero, deadline - .now).wholeMillisecondsRoundedUp
            let result = poll(&entry, 1, Int32(clamping: left))
            if result > 0 { return true }
            if result == 0 { return false }
            if errno != EINTR { throw failure(.system("poll", errno)) }
        }
    }

    private func failure(_ reason: SidecarError.Reason) -> SidecarError { SidecarError(reason: reason, socket: path) }
}

extension Duration {
    fileprivate var wholeMillisecondsRoundedUp: Int64 {
        components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

extension SidecarConnection {
    package static func connect(_ path: String, _ limit: Duration) throws(SidecarError) -> CInt {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard let address = SocketAddress(path: path) else {
            throw SidecarError(reason: .system("connect", ENAMETOOLONG), socket: path)
        }
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw SidecarError(reason: .system("socket", errno), socket: path) }
        let deadline = ContinuousClock.now + limit
        while true {
            let result = address.withPointer { Glibc.connect(descriptor, $0, $1) }
            guard result != 0 else { return descriptor }
            let code = errno
            // A full backlog: a sidecar that is starting, or that many have come to at once.
            if code == EAGAIN || code == EINTR, ContinuousClock.now < deadline {
                usleep(10_000)
                continue
            }
            close(descriptor)
            let reason: SidecarError.Reason =
                switch code {
                case ENOENT, ECONNREFUSED, ENOTDIR: .absent
                case EACCES, EPERM: .notPermitted
                case EAGAIN: .silent(limit)
                default: .system("connect", code)
                }
            throw SidecarError(reason: reason, socket: path)
        }
    }
}
