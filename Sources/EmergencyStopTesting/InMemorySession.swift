internal import EmergencyStop
internal import NIOCore

/// One connection to the in-memory sidecar.
final class InMemorySession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Gone when the test is over, which the client may hear of a moment later.
    private weak let owner: InMemorySidecar?
    private var channelContext: ChannelHandlerContext?
    private var splitter = LineSplitter(limit: 1_024)
    private var output = LineWriter()
    private var isOver = false
    /// What was told last of each name that is watched.
    private var told: [WorkflowName: StatusReport] = [:]
    /// The runs that were entered and not left.
    private(set) var runs: [RunID: WorkflowName] = [:]
    /// Whether a ping was answered: what a client says after connecting has then been answered as well.
    private(set) var hasAnsweredPing = false

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
        guard let sidecar = owner else { return close() }
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

    /// Tells of every watched name whose report is another than was told.
    func announce() {
        guard let sidecar = owner else { return close() }
        for (name, report) in told where sidecar.report(for: name) != report { tell(name, sidecar) }
        flush()
    }

    private func answer(_ line: Span<UInt8>, _ sidecar: InMemorySidecar) {
        let request: Request
        do throws(Request.Mistake) {
            request = try Request(line)
        } catch {
            output.text("error")
            output.field("expected", error.expected)
            return output.end()
        }
        switch request {
        case .hello:
            output.text("hello 1")
            output.field("instance", sidecar.instance)
            output.end()
        case .ping(let token):
            hasAnsweredPing = true
            output.text("pong \(token)")
            output.field("ttl", Int(InMemorySidecar.lease / .milliseconds(1)))
            output.end()
            sidecar.answeredPing()
        case .watch(let name), .status(let name):
            tell(name, sidecar)
        case .unwatch(let name):
            told[name] = nil
            output.text("unwatched \(name)")
            output.end()
        case .enter(let name, let run, _, _):
            runs[run] = name
            tell(name, sidecar)
        case .leave(let name, let run):
            runs[run] = nil
            output.text("left \(name)")
            output.field("run", run.description)
            output.end()
        case .watchAll, .list, .processes, .sync, .info, .history, .metrics:
            output.text("error")
            output.field("expected", "what a client asks")
            output.end()
        }
    }

    private func tell(_ name: WorkflowName, _ sidecar: InMemorySidecar) {
        let report = sidecar.report(for: name)
        told[name] = report
        StatusLine.write(report, sidecar.revisions(of: name, report.status), to: &output)
    }

    private func flush() {
        guard let channelContext, !output.isEmpty else { return }
        let buffer = channelContext.channel.allocator.buffer(bytes: output.bytes)
        output.removeAll()
        channelContext.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }
}
