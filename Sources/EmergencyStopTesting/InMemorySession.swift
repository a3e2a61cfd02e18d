internal import EmergencyStopCore
internal import EmergencyStopServing
internal import NIOCore

/// One connection to the in-memory sidecar: the channel of a session, which is the real sidecar's own.
final class InMemorySession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Gone when the test is over, which the client may hear of a moment later.
    private weak let owner: InMemorySidecar?
    private var channelContext: ChannelHandlerContext?
    private var splitter = LineSplitter(limit: 1_024)
    private var session = Session(id: 1, peer: InMemorySession.peer)
    private var output = LineWriter()
    private var isOver = false
    /// How many lines were sent, so that a test can wait until the client has handled them all.
    private(set) var linesSent = 0
    /// Whether a ping was answered: what a client says after connecting has then been answered as well.
    private(set) var hasAnsweredPing = false

    /// This very process, in which the client is too.
    private static let peer = Peer(pid: 0, uid: 0, gid: 0)
    private static let process = KnownProcess(
        identity: ProcessIdentity(peer: peer, startedAt: nil), command: Array("test".utf8)
    )

    init(_ sidecar: InMemorySidecar) {
        owner = sidecar
    }

    func handlerAdded(context: ChannelHandlerContext) {
        channelContext = context
        if isOver { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        channelContext = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let sidecar = owner, !isOver else { return close() }
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            do throws(LineSplitter.LineTooLong) {
                try splitter.append(bytes.assumingMemoryBound(to: UInt8.self).span) { answer($0, sidecar) }
            } catch {
                close()
            }
        }
        flush()
    }

    func close() {
        isOver = true
        channelContext?.close(promise: nil)
    }

    /// Tells of the names that have changed.
    func announce(_ effects: Effects) {
        guard let sidecar = owner else { return close() }
        for place in effects.restrained + effects.released { session.note(place, since: effects.since) }
        writeDue(sidecar)
        flush()
    }

    private func answer(_ line: Span<UInt8>, _ sidecar: InMemorySidecar) {
        var turn = Turn()
        let isPing = line.extracting(RequestLine(line).verb).spells("ping")
        let need = session.handle(line, .now, { InMemorySidecar.time }, &sidecar.registry, &turn, to: &output)
        switch need {
        case nil: break
        case .process(let entering):
            do throws(Request.Mistake) {
                try session.enter(entering, Self.process, &sidecar.registry, to: &output)
            } catch {
                session.refuse(line, expected: error.expected, to: &output)
            }
        case .lostRuns(let name): session.list(runsOf: name, sidecar.registry)
        case .read, .information, .metrics: session.refuse(line, expected: "what a client asks", to: &output)
        }
        writeDue(sidecar)
        if isPing {
            hasAnsweredPing = true
            sidecar.answeredPing()
        }
    }

    private func writeDue(_ sidecar: InMemorySidecar) {
        repeat {
            var turn = Turn(pieceSize: .max)
            session.writeDue(&sidecar.registry, in: &turn, to: &output)
        } while session.isOwed(sidecar.registry)
    }

    private func flush() {
        guard let channelContext, !output.isEmpty else { return }
        linesSent += output.bytes.count { $0 == UInt8(ascii: "\n") }
        let buffer = channelContext.channel.allocator.buffer(bytes: output.bytes)
        output.removeAll()
        channelContext.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }
}
