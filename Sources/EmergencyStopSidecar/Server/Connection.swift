internal import EmergencyStopCore
internal import EmergencyStopServing
internal import EmergencyStopSystem

/// One connection of the server: cuts what arrives into requests for its session, and sends what that writes as the
/// peer takes it.
///
/// It holds at most one piece of input and one of output, and neither while it has nothing to do: all connections
/// receive into the same room and write with the same writer. To a peer that has not taken everything nothing more is
/// written: what changes meanwhile merges in the registry, and what is asked meanwhile stays unread in the kernel.
final class Connection {
    let descriptor: CInt
    /// What the poller and the registry know the connection by: half of it is the descriptor, which others will have as
    /// well, the whole is nobody else's.
    let id: SessionID
    let peer: Peer
    /// What the connection has asked for and is owed.
    private var session: Session
    private(set) var isClosed = false
    /// What the poller tells of, or `nil` where it does not know the connection.
    var interest: Poller.Interest?
    /// Whether the peer has a time by which to have taken what was written.
    var hasDrainDeadline = false

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
    /// Whether there is something to tell that it has not been given the chance to.
    private var hasNews = false

    init(_ descriptor: CInt, number: UInt32, peer: Peer) {
        self.descriptor = descriptor
        self.peer = peer
        id = UInt64(number) << 32 | UInt64(descriptor)
        session = Session(id: id, peer: peer)
    }

    private var isDrained: Bool { rest.isEmpty }

    /// Does what there is to do, as much as one turn allows.
    func takeTurn(isHangUp: Bool, _ server: Server) {
        if isHangUp { breakOff() }
        if !isDrained { sendRest() }
        if isDrained {
            server.setDrainDeadline(of: self, false)
            if !isEnding { work(server) }
        }
        waitForMore(server)
    }

    /// Has the poller tell of what the connection waits for; closes it where that is nothing.
    func waitForMore(_ server: Server) {
        guard !isClosed else { return }
        if isDrained, isEnding || session.isLost {
            server.close(self)
        } else if !isDrained || session.isOwed(server.context.registry) || !wantsInput {
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
    func closeWhenDrained(_ server: Server) {
        isEnding = true
        waitForMore(server)
    }

    /// Ends what was begun on it. The descriptor is the server's to close.
    func close(_ registry: inout Registry) {
        isClosed = true
        session.close(&registry)
    }
}

// MARK: - Input

extension Connection {
    /// Receives, and handles what has been received.
    private func work(_ server: Server) {
        let context = server.context
        let room = context.room
        var count = input.count
        if count > 0 {
            room.copyBytes(from: input)
            input = []
        }
        if wantsInput, !inputHasEnded, !session.isAnswering {
            switch StreamSocket.receive(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: room[count...])) {
            case .bytes(let received): count += received
            case .end: inputHasEnded = true
            case .nothing: break
            }
        }
        // The time is taken behind that: an answer must not be older than its question, and where the lease has lapsed
        // that is told before anything is handled.
        let now = server.noteTime()
        guard isDrained, !isClosed else { return keep(room[..<count]) }
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
        var requests = RequestCutter(received, limit: context.limits.lineLength, isWhole: inputHasEnded)
        var turn = Turn()
        while true {
            let pause = session.handle(
                &requests, now, Timestamp.now, &context.registry, in: &turn, to: &context.writer
            )
            switch pause {
            case .needs(let need, let place):
                supply(need, for: requests[place].span, now, context)
            case .turnIsOver:
                wantsInput = requests.isAtEnd
                return requests.position
            case .needsMore:
                wantsInput = true
                return requests.position
            case .lineIsTooLong:
                refuseLongLine(context)
                return received.count
            }
        }
    }

    private func supply(
        _ need: Session.Need, for line: Span<UInt8>, _ now: ContinuousClock.Instant, _ context: ServerContext
    ) {
        do throws(Request.Mistake) {
            try context.supply(need, to: &session, now)
        } catch {
            session.refuse(line, expected: error.expected, to: &context.writer)
        }
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
        context.writer.take { bytes in
            guard !isBroken, let sent = send(bytes), sent < bytes.count else { return }
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
        session.fallSilent()
        rest = []
    }
}

// MARK: - News

extension Connection {
    /// Takes note that there is something to tell of a name; says whether it is the first such thing.
    func note(_ place: Int, since revision: UInt64) -> Bool {
        session.note(place, since: revision)
        return noteNews()
    }

    func noteSync(_ registry: borrowing Registry) { session.noteSync(registry) }

    /// Takes note that there is something to tell; says whether that is the first such thing.
    func noteNews() -> Bool {
        defer { hasNews = true }
        return !hasNews
    }

    /// Sends what has changed, at once and out of turn: it may be a stop. Only who has not taken what was written
    /// before is told later, with what has changed until then.
    func sendNews(_ server: Server) {
        hasNews = false
        let context = server.context
        guard isDrained, !isEnding, !isClosed, context.isOpen else { return }
        if interest == .output, !StreamSocket.isWritable(descriptor) { return }
        session.writeNews(&context.registry, to: &context.writer)
        flush(context)
        waitForMore(server)
    }
}
