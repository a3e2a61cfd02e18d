internal import Glibc
internal import NIOCore

/// Answers connections for which there is no descriptor left: takes them with one held in reserve, tells them so in
/// a line and closes them, so that nobody waits for an answer that will not come.
final class DescriptorShortageHandler: ChannelInboundHandler {
    typealias InboundIn = Any

    private static let message = Array(
        "error connect\texpected=a free file descriptor; the sidecar has none left, raise its limit of open files\n"
            .utf8
    )
    /// How long nothing is accepted when not even the reserve helps, for example where the whole system has no
    /// descriptors left.
    private static let pause = TimeAmount.milliseconds(250)

    private let listening: Int32
    private let onRefusal: () -> Void
    private var reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
    private var isPaused = false

    init(listening: Int32, onRefusal: @escaping () -> Void) {
        self.listening = listening
        self.onRefusal = onRefusal
    }

    deinit {
        if reserve >= 0 { Glibc.close(reserve) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            context.fireErrorCaught(error)
            return
        }
        if !refuseOne() { isPaused = true }
        guard isPaused else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (handler, context) = bound.value
            handler.isPaused = false
            context.read()
        }
    }

    func read(context: ChannelHandlerContext) {
        if !isPaused { context.read() }
    }

    private func refuseOne() -> Bool {
        guard reserve >= 0 else {
            reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
            return false
        }
        Glibc.close(reserve)
        let connection = accept(listening, nil, nil)
        let didAccept = connection >= 0
        if didAccept {
            _ = send(connection, Self.message, Self.message.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            Glibc.close(connection)
            onRefusal()
        }
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
        return didAccept
    }
}

extension DescriptorShortageHandler: ChannelOutboundHandler {
    typealias OutboundIn = Any
}
