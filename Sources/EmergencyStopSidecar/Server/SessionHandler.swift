internal import EmergencyStop
internal import NIOCore

/// The channel handler of one connection: cuts what arrives into lines, and sends what its session writes when the
/// peer can take it.
///
/// The channel's water marks are one byte, so a channel that is not writable is one whose peer has not taken
/// everything yet. Nothing is written to such a channel: what changes meanwhile merges in the registry, and what is
/// asked meanwhile stays unread in the kernel. So a connection holds at most one piece of output and one of input.
final class SessionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How many bytes are written at a time.
    private static let pieceSize = 32 << 10

    private let context: ServerContext
    private var channelContext: ChannelHandlerContext?
    private var session: Session?
    private var input = ByteBuffer()
    private var inputHasEnded = false
    /// Whether the peer has taken everything. The channel says the same, in a more roundabout way.
    private var isDrained = true
    private var isStopping = false
    private var isWorking = false
    private var drainDeadline: Scheduled<Void>?

    init(_ context: ServerContext) {
        self.context = context
    }

    func handlerAdded(context channelContext: ChannelHandlerContext) {
        self.channelContext = channelContext
        if channelContext.channel.isActive { begin(channelContext) }
    }

    func handlerRemoved(context channelContext: ChannelHandlerContext) {
        end()
        self.channelContext = nil
    }

    func channelActive(context channelContext: ChannelHandlerContext) {
        begin(channelContext)
    }

    func channelInactive(context channelContext: ChannelHandlerContext) {
        end()
    }

    private func begin(_ channelContext: ChannelHandlerContext) {
        guard session == nil else { return }
        switch context.admit(channelContext.channel) {
        case .success(let peer):
            session = Session(peer: peer, context: context, output: self)
            context.add(self)
            if context.isOpen { channelContext.read() }
        case .failure(let refusal):
            var line = LineWriter()
            line.text("error connect")
            line.field("expected", refusal.expected)
            line.end()
            let buffer = channelContext.channel.allocator.buffer(bytes: line.bytes)
            channelContext.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            channelContext.close(promise: nil)
        }
    }

    private func end() {
        drainDeadline?.cancel()
        drainDeadline = nil
        guard let session, !session.isClosed else { return }
        session.close()
        context.remove(self, session.peer)
    }

    /// Begins to answer, once there is something to answer with: what a peer that has ended its input has asked
    /// lies here already.
    func open() {
        work(at: .now)
        readMore()
    }

    /// Closes as soon as the peer has taken everything, for the server is about to stop.
    func closeWhenDrained() {
        isStopping = true
        if isDrained { close() }
    }

    func close() {
        channelContext?.close(promise: nil)
    }

    // MARK: Input

    func channelRead(context channelContext: ChannelHandlerContext, data: NIOAny) {
        var received = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = received } else { input.writeBuffer(&received) }
        work(at: context.noteTime())
    }

    func channelReadComplete(context channelContext: ChannelHandlerContext) {
        readMore()
    }

    func userInboundEventTriggered(context channelContext: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            inputHasEnded = true
            work(at: context.noteTime())
        } else {
            channelContext.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context channelContext: ChannelHandlerContext, error: any Error) {
        // A peer that goes away in the middle of something is nothing to report.
        channelContext.close(promise: nil)
    }

    // MARK: Output

    func channelWritabilityChanged(context channelContext: ChannelHandlerContext) {
        isDrained = channelContext.channel.isWritable
        // What is written at once, as it most often is, comes by here twice: nothing has to be done then.
        guard isDrained, let deadline = drainDeadline else { return }
        deadline.cancel()
        drainDeadline = nil
        guard !isStopping else { return close() }
        work(at: context.noteTime())
        readMore()
    }

    /// Handles what has been asked and sends what is due, as long as the peer takes it.
    private func work(at now: ContinuousClock.Instant) {
        guard let channelContext, let session, !session.isClosed, !isWorking, context.isOpen else { return }
        isWorking = true
        defer { isWorking = false }
        var mayContinue = true
        while mayContinue, !session.isClosed, isDrained {
            mayContinue = fill(session, now)
            flush(channelContext)
        }
        if inputHasEnded, !mayContinue, session.owesNothing, isDrained {
            channelContext.close(promise: nil)
        }
    }

    /// Fills the writer with one piece; says whether there may be more to do.
    private func fill(_ session: Session, _ now: ContinuousClock.Instant) -> Bool {
        session.writeDue(to: &context.writer, upTo: Self.pieceSize)
        while context.writer.count < Self.pieceSize, !session.isAnswering {
            guard handleLine(session, now) else { return false }
            if session.isAnswering { session.writeDue(to: &context.writer, upTo: Self.pieceSize) }
        }
        return true
    }

    /// Handles the next line of the input, where there is one.
    private func handleLine(_ session: Session, _ now: ContinuousClock.Instant) -> Bool {
        let limit = context.limits.lineLength
        let length: Int? = input.withUnsafeReadableBytes { bytes in
            let line = bytes.bindMemory(to: UInt8.self).span
            // The carriage return of a CRLF is no part of the line either.
            guard let end = line.firstIndex(of: UInt8(ascii: "\n"), in: 0..<min(line.count, limit + 2)),
                end <= limit || line[end - 1] == UInt8(ascii: "\r")
            else {
                if line.count > limit + 1 || (line.count > limit && line[limit] != UInt8(ascii: "\r")) { return nil }
                // A last line without its line feed is answered all the same: the peer is done with writing.
                guard inputHasEnded, line.count > 0 else { return 0 }
                session.handle(line, now, to: &context.writer)
                return line.count
            }
            session.handle(line.extracting(0..<end), now, to: &context.writer)
            return end + 1
        }
        guard let length else {
            refuseLongLine(session)
            return false
        }
        input.moveReaderIndex(forwardBy: length)
        if input.readableBytes == 0 { input.clear() }
        return length > 0
    }

    private func refuseLongLine(_ session: Session) {
        input.clear()
        context.writer.text("error")
        context.writer.field(
            "expected", "lines of at most \(context.limits.lineLength) bytes; this connection is closed")
        context.writer.end()
        if let channelContext {
            flush(channelContext)
            channelContext.close(promise: nil)
        }
    }

    private func flush(_ channelContext: ChannelHandlerContext) {
        guard !context.writer.isEmpty else { return }
        channelContext.writeAndFlush(wrapOutboundOut(context.takeWritten()), promise: nil)
        if !isDrained { awaitDrain(channelContext) }
    }

    private func awaitDrain(_ channelContext: ChannelHandlerContext) {
        guard drainDeadline == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: channelContext.eventLoop)
        drainDeadline = channelContext.eventLoop.scheduleTask(in: TimeAmount(context.limits.drainTimeout)) {
            bound.value.giveUp()
        }
    }

    private func giveUp() {
        guard let channelContext, let session else { return }
        context.log(.stalled, session.peer)
        channelContext.close(promise: nil)
    }

    /// Reads on, unless what was read waits for the peer to take its answers.
    private func readMore() {
        guard let channelContext, let session, !session.isClosed, !inputHasEnded, context.isOpen,
            !session.isAnswering, isDrained
        else { return }
        channelContext.read()
    }
}

extension SessionHandler: SessionOutput {
    func due() {
        if isDrained { work(at: .now) }
    }
}
