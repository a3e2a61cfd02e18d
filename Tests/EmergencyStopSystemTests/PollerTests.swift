import EmergencyStopSystem
import Glibc
import TestSupport
import Testing

@Suite("The poller and the sockets", .blocking)
struct PollerTests {
    /// Two connected sockets, closed afterwards unless the test has closed them.
    private func withPair(_ body: (CInt, CInt) throws -> Void) throws {
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw TestFailure(systemCall: "socketpair")
        }
        defer { for end in ends { close(end) } }
        try body(ends[0], ends[1])
    }

    private func send(_ descriptor: CInt, _ count: Int) -> StreamSocket.Sent {
        [UInt8](repeating: 0, count: count).withUnsafeBytes { StreamSocket.send(descriptor, $0) }
    }

    private func receive(_ descriptor: CInt, _ count: Int = 100) -> StreamSocket.Received {
        var room = [UInt8](repeating: 0, count: count)
        return room.withUnsafeMutableBytes { StreamSocket.receive(descriptor, into: $0) }
    }

    @Test("tells of input again until it is taken, and of nothing that it was not asked for")
    func levels() throws {
        try withPair { mine, theirs in
            let poller = try Poller()
            try poller.add(mine, under: 7, .input)
            #expect(poller.wait(.zero) == 0)
            #expect(send(theirs, 3) == .bytes(3))
            for _ in 0..<2 {
                #expect(poller.wait(.seconds(10)) == 1)
                #expect(poller[0].key == 7 && !poller[0].isHangUp)
            }
            poller.change(mine, under: 7, [])
            #expect(poller.wait(.zero) == 0)
            poller.change(mine, under: 7, .output)
            #expect(poller.wait(.seconds(10)) == 1)
            #expect(receive(mine) == .bytes(3))
            #expect(receive(mine) == .nothing)
            poller.remove(mine)
            #expect(poller.wait(.zero) == 0)
        }
    }

    @Test("tells of a peer that has gone although it was asked for nothing; what was sent can still be received")
    func hangUp() throws {
        try withPair { mine, theirs in
            let poller = try Poller()
            try poller.add(mine, under: 1, [])
            #expect(send(theirs, 3) == .bytes(3))
            shutdown(theirs, CInt(SHUT_WR))
            #expect(poller.wait(.zero) == 0)
            shutdown(theirs, CInt(SHUT_RDWR))
            #expect(poller.wait(.seconds(10)) == 1)
            #expect(poller[0].isHangUp)
            #expect(send(mine, 1) == .broken)
            #expect(receive(mine) == .bytes(3))
            #expect(receive(mine) == .end)
        }
    }

    @Test("waits no shorter than asked, and does not end over and over before a time that is no whole millisecond")
    func timeOut() throws {
        let poller = try Poller()
        let begin = ContinuousClock.now
        #expect(poller.wait(.microseconds(2_100)) == 0)
        #expect(ContinuousClock.now - begin >= .microseconds(2_100))
        #expect(poller.wait(.seconds(-1)) == 0)
    }

    @Test("is woken by another thread, once for many calls")
    func wakeUp() throws {
        let poller = try Poller()
        let wakeUp = try WakeUp()
        try poller.add(wakeUp.descriptor, under: 5, [.input, .edges])
        let thread = try runThread { for _ in 0..<10 { wakeUp() } }
        #expect(poller.wait(.seconds(60)) == 1)
        #expect(poller[0].key == 5)
        try thread.wait()
        _ = poller.wait(.zero)
        #expect(poller.wait(.zero) == 0)
    }

    @Test("a peer that takes nothing does not hold up whoever sends")
    func fullSocket() throws {
        try withPair { mine, _ in
            #expect(StreamSocket.isWritable(mine))
            var sent = 0
            while case .bytes(let count) = send(mine, 10_000), count > 0 { sent += count }
            #expect(sent > 0)
            #expect(send(mine, 1) == .bytes(0))
            #expect(!StreamSocket.isWritable(mine))
        }
    }

    @Test("nobody who waits to be accepted is told as such")
    func accepting() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "s")
            let listening = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
            defer { close(listening) }
            guard withSocketAddress(path, { bind(listening, $0, $1) }) == 0, listen(listening, 5) == 0 else {
                throw TestFailure(systemCall: "bind")
            }
            #expect(throws: SystemError(code: EAGAIN)) { try StreamSocket.accept(listening) }
            let client = try LineClient(to: path)
            let accepted = try StreamSocket.accept(listening)
            #expect(fcntl(accepted, F_GETFD) & FD_CLOEXEC != 0)
            try client.send("x")
            #expect(receive(accepted) == .bytes(2))
            close(accepted)
        }
    }
}
