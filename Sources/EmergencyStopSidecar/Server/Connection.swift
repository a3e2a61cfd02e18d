internal import EmergencyStop
internal import EmergencyStopSystem

/// One connection of the server: cuts what arrives into requests for its session, and sends what that writes as the
/// peer takes it.
///
/// It holds at most one piece of input and one of output, and neither while it has nothing to do: all connections
/// receive into the same room and write with the same writer. To a peer that has not taken everything nothing more is
/// written: what changes meanwhile merges in the registry, and what is asked meanwhile stays unread in the kernel.
final class Connection {
    let descriptor: CInt
    /// What the poller knows the connection by. The descriptor is used again by others, the whole of the key is not.
    let key: UInt64
    private(set) var session: Session!
    /// What the poller tells of, or `nil` where it does not know the connection.
    var interest: Poller.Interest?
    /// Whether the peer has a time by which to have taken what was written.
    var hasDrainDeadline = false

    private unowned let server: Server
    /// What has been received and not been handled.
    private var input: [UInt8] = []
    /// Whether nothing can be done with the input before there is more of it.
    private var wantsInput = true
    private var inputHasEnded = false
    /// What has been written and the kernel has not taken.
    private var rest: [UInt8] = []
    /// The peer takes nothing any more. What it has sent counts all the same.
    private var isBroken = false
    /// Closes as soon as the peer has taken everything.
    private var isEnding = false

    init(_ descriptor: CInt, number: UInt32, peer: Peer, _ server: Server) {
        self.descriptor = descriptor
        self.key = UInt64(number) << 32 | UInt64(descriptor)
        self.server = server
        session = Session(peer: peer, context: server.context, output: self)
    }

    private var isDrained: Bool { rest.isEmpty }

    /// Does what there is to do, as much as one turn allows.
    func takeTurn(isHangUp: Bool) {
        if isHangUp { breakOff() }
        if !isDrained { sendRest() }
        if isDrained {
            server.setDrainDeadline(of: self, false)
            if !isEnding { work(server.context) }
        }
        waitForMore()
    }

    /// Has the poller tell of what the connection waits for; closes it where that is nothing.
    func waitForMore() {
        guard !session.isClosed else { return }
        if isDrained, isEnding {
            server.close(self)
        } else if !isDrained || session.isOwed || !wantsInput {
            // What the peer would take at once as well waits for the next turn, so that the others have theirs.
            server.watch(self, for: .output)
            server.setDrainDeadline(of: self, true)
        } else if !inputHasEnded {
            server.watch(self, for: .input)
        } else if session.owesNothing || isBroken {
            server.close(self)
        } else {
            server.watch(self, for: [])
        }
    }

    /// Closes as soon as the peer has taken everything, for the server is about to stop.
    func closeWhenDrained() {
        isEnding = true
        waitForMore()
    }
}

// MARK: - Input

extension Connection {
    /// Receives, and handles what has been received.
    private func work(_ context: ServerContext) {
        let room = context.room
        room.copyBytes(from: input)
        var count = input.count
        input = []
        if wantsInput, !inputHasEnded, !session.isAnswering {
            switch StreamSocket.receive(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: room[count...])) {
            case .bytes(let received): count += received
            case .end: inputHasEnded = true
            case .nothing: break
            }
        }
        // The time is taken behind that: an answer must not be older than its question, and where the lease has lapsed
        // that is told before anything is handled.
        let now = context.noteTime()
        guard isDrained, !session.isClosed else { return keep(room[..<count]) }
        let handled = handle(UnsafeBufferPointer(rebasing: room.bindMemory(to: UInt8.self)[..<count]), now, context)
        keep(room[handled..<count])
        flush(context)
    }

    private func keep(_ unhandled: Slice<UnsafeMutableRawBufferPointer>) {
        if !unhandled.isEmpty { input = Array(unhandled) }
    }

    /// Handles requests, as many as a turn allows; says how many bytes they took.
    private func handle(
        _ received: UnsafeBufferPointer<UInt8>, _ now: ContinuousClock.Instant, _ context: ServerContext
    ) -> Int {
        var cutter = RequestCutter(
            UnsafeRawBufferPointer(received), limit: context.limits.lineLength, isWhole: inputHasEnded)
        var turn = Turn()
        session.writeDue(in: &turn, to: &context.writer)
        wantsInput = false
        while !session.isAnswering, turn.allowsRequest(written: context.writer.count) {
            switch cutter.next() {
            case .request(let range):
                session.handle(received.extracting(range).span, now, &turn, to: &context.writer)
                if isBroken { session.abandonAnswers() }
                if session.isAnswering { session.writeDue(in: &turn, to: &context.writer) }
            case .incomplete:
                wantsInput = true
                return cutter.position
            case .tooLong:
                refuseLongLine(context)
                return received.count
            }
        }
        wantsInput = cutter.position == received.count
        return cutter.position
    }

    private func refuseLongLine(_ context: ServerContext) {
        context.writer.text("error")
        context.writer.field(
            "expected", "lines of at most \(context.limits.lineLength) bytes; this connection is closed")
        context.writer.end()
        // What else the peer has sent is not looked at.
        isEnding = true
    }
}

// MARK: - Output

extension Connection {
    /// Sends what has been written, or discards it where nobody takes it.
    private func flush(_ context: ServerContext) {
        guard !context.writer.isEmpty else { return }
        defer { context.writer.removeAll() }
        guard !isBroken else { return }
        context.writer.bytes.withUnsafeBytes { bytes in
            guard let sent = send(bytes), sent < bytes.count else { return }
            rest = Array(bytes[sent...])
        }
    }

    private func sendRest() {
        guard let sent = rest.withUnsafeBytes({ send($0) }), sent > 0 else { return }
        rest = sent == rest.count ? [] : Array(rest[sent...])
    }

    /// Sends; says how many bytes were taken, `nil` where the peer takes none any more.
    private func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        switch StreamSocket.send(descriptor, bytes) {
        case .bytes(let count): return count
        case .broken:
            breakOff()
            return nil
        }
    }

    private func breakOff() {
        isBroken = true
        session.abandonAnswers()
        rest = []
    }
}

extension Connection: SessionOutput {
    /// Sends what has changed, at once and out of turn: it may be a stop. Only who has not taken what was written
    /// before is told later, with what has changed until then.
    func due() {
        guard isDrained, !isEnding, server.context.isOpen else { return }
        if interest == .output, !StreamSocket.isWritable(descriptor) { return }
        session.writeNews(to: &server.context.writer)
        flush(server.context)
        waitForMore()
    }
}
