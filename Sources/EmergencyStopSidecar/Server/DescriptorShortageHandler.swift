internal import Glibc
internal import NIOCore

/// Answers connections for which there is no descriptor left: takes them with one held in reserve, tells them so in
/// a line and closes them, so that nobody waits for an answer that will not come.
///
/// A connection is let in only while the reserve is complete: one that was quicker to a descriptor which the reserve
/// had just given up would keep it, and neither could the next one be answered nor the file be read.
final class DescriptorShortageHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let message = Array(
        "error connect\texpected=a free file descriptor; the sidecar has none left, raise its limit of open files\n"
            .utf8
    )
    /// How long nothing is accepted when not even the reserve helps, for example where the whole system has no
    /// descriptors left.
    private static let pause = TimeAmount.milliseconds(250)

    private let listening: Int32
    private let reserve: DescriptorReserve
    private let onRefusal: () -> Void

    init(listening: Int32, reserve: DescriptorReserve = .shared, onRefusal: @escaping () -> Void) {
        self.listening = listening
        self.reserve = reserve
        self.onRefusal = onRefusal
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !reserve.restore() else { return context.fireChannelRead(data) }
        let connection = unwrapInboundIn(data)
        try? connection.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            refuse($0)
        }
        connection.close(promise: nil)
        reserve.restore()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            context.fireErrorCaught(error)
            return
        }
        if !refuseNext() { pause(context) }
    }

    /// Refuses the connection that has waited longest; says whether that could be done.
    private func refuseNext() -> Bool {
        defer { reserve.restore() }
        while reserve.release() {
            let connection = accept(listening, nil, nil)
            if connection >= 0 {
                refuse(connection)
                close(connection)
                return true
            }
            // Otherwise another thread was quicker to the descriptor: then the next one.
            guard DescriptorReserve.isShortage(errno) else { break }
        }
        return false
    }

    private func refuse(_ connection: Int32) {
        _ = send(connection, Self.message, Self.message.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        onRefusal()
    }

    /// Lets connections wait: as long as there are any, the loop would be told of them over and over.
    private func pause(_ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            try? bound.value.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
