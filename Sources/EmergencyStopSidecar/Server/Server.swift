internal import EmergencyStop
internal import Glibc
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The server: one event loop that serves all connections, and the way from the source's thread to it.
package final class Server: Sendable {
    /// How long connections get to take what has been written to them when the server stops.
    private static let farewell = TimeAmount.milliseconds(300)

    private let group: MultiThreadedEventLoopGroup
    private let core: NIOLoopBound<ServerCore>
    private let mailbox: Mailbox

    /// Listens on a bound socket, which it takes over, and begins to serve what the source says.
    package static func start(
        on descriptor: Int32, _ configuration: SidecarConfiguration, source: any EntrySource, manager: NotifySocket?,
        logger: Logger
    ) async throws -> Server {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let metrics = SidecarMetrics()
        let core = try await loop.submit {
            let core = ServerCore(
                configuration, source: source, manager: manager, metrics: metrics, logger: logger, on: loop
            )
            return NIOLoopBound(core, eventLoop: loop)
        }.get()
        let listener = try await bootstrap(core, group, descriptor).withBoundSocket(descriptor).get()
        // NIO has called listen with a backlog of 128; calling it again only changes that.
        listen(descriptor, ListeningSocket.backlog)
        try await loop.submit { core.value.listener = listener }.get()
        let mailbox = Mailbox()
        try source.start { event in
            metrics.count(event)
            logger.log(event)
            mailbox.post(event) {
                loop.execute {
                    if let delivery = mailbox.take() { core.value.receive(delivery) }
                }
            }
        }
        return Server(group: group, core: core, mailbox: mailbox)
    }

    private init(group: MultiThreadedEventLoopGroup, core: NIOLoopBound<ServerCore>, mailbox: Mailbox) {
        self.group = group
        self.core = core
        self.mailbox = mailbox
    }

    /// Reads the source now, and tells the service manager when that is done.
    package func reload() {
        let core = core
        group.next().execute { core.value.reload() }
    }

    /// Stops: accepts nothing more, lets connections take what was written to them for a moment, closes them.
    package func stop() async {
        let core = core
        let loop = group.next()
        try? await loop.submit { core.value.beginToStop() }.get()
        try? await loop.scheduleTask(in: Self.farewell) { core.value.closeAll() }.futureResult.get()
        // The source's thread lives on, and hears at least that the socket goes where that is beside the file.
        mailbox.close()
        try? await group.shutdownGracefully()
    }

    private static func bootstrap(
        _ core: NIOLoopBound<ServerCore>, _ group: MultiThreadedEventLoopGroup, _ descriptor: Int32
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DescriptorShortageHandler(listening: descriptor) {
                            core.value.context.countRefusalForWantOfDescriptors()
                        }
                    )
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SessionHandler(core.value.context))
                }
            }
    }
}

/// What the source has said and the loop has not taken yet.
private final class Mailbox: Sendable {
    private struct State {
        var digest = SourceDigest()
        var delivery: Delivery?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Puts in what an event comes to, and tells the loop where it does not know yet that there is something.
    func post(_ event: SourceEvent, tellLoop: () -> Void) {
        // Only the source's thread changes the digest, so what takes long, the comparison of snapshots, is done
        // outside the lock that the loop takes too.
        var digest = state.withLock { $0.digest }
        let delivery = digest.digest(event)
        state.withLock { state in
            state.digest = digest
            guard !state.isClosed else { return }
            if state.delivery == nil {
                state.delivery = delivery
                // Under the lock, so that the loop is there until the mailbox is closed.
                tellLoop()
            } else {
                state.delivery?.absorb(delivery)
            }
        }
    }

    /// Lets nothing more in.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    func take() -> Delivery? {
        state.withLock { state in
            defer { state.delivery = nil }
            return state.delivery
        }
    }
}
