internal import EmergencyStopCore
internal import NIOCore

/// Hands what comes over one connection to the driver, as lines.
///
/// One handler is one attempt: what a connection says after the driver has turned to the next is not mistaken for it.
final class LineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let driver: ConnectionDriver
    private let attempt: Int
    private var splitter = LineSplitter()

    init(_ driver: ConnectionDriver, attempt: Int) {
        self.driver = driver
        self.attempt = attempt
    }

    func channelActive(context: ChannelHandlerContext) {
        driver.opened(context.channel, attempt: attempt)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        driver.handle(.closed, attempt: attempt)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        buffer.withUnsafeReadableBytes { bytes in
            do throws(LineSplitter.LineTooLong) {
                try splitter.append(bytes.assumingMemoryBound(to: UInt8.self).span) { line in
                    driver.handle(.received(ServerLine(line)), attempt: attempt)
                }
            } catch {
                driver.handle(.receivedGarbage("sends lines longer than its protocol allows"), attempt: attempt)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        driver.handle(.receivedGarbage("cannot be read: \(error)"), attempt: attempt)
        context.close(promise: nil)
    }
}
