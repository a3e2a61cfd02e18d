package import NIOCore
internal import NIOPosix

/// How a client gets a connection: to a socket, or to what stands in for a sidecar in a test.
package struct Connector: Sendable {
    /// Where it connects to, for messages.
    package let address: String
    /// Whether the user that the socket belongs to is looked at.
    let checksPeer: Bool
    /// Connects, with the handlers that the closure adds.
    let connect:
        @Sendable (any EventLoop, @escaping @Sendable (any Channel) -> EventLoopFuture<Void>) -> EventLoopFuture<Void>

    /// Connects to a Unix domain socket.
    static func socket(_ path: String, timeout: Duration) -> Connector {
        Connector(address: path, checksPeer: true) { loop, setUp in
            ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(timeout))
                .channelInitializer(setUp)
                .connect(unixDomainSocketPath: path)
                .map { _ in }
        }
    }

    /// Connects over the sockets that the closure makes, one for each connection. Throwing is a sidecar that is not
    /// there.
    package static func pair(
        address: String, _ makeSocket: @escaping @Sendable (any EventLoop) throws -> NIOBSDSocket.Handle
    ) -> Connector {
        Connector(address: address, checksPeer: false) { loop, setUp in
            do {
                return ClientBootstrap(group: loop)
                    .channelInitializer(setUp)
                    .withConnectedSocket(try makeSocket(loop))
                    .map { _ in }
            } catch {
                return loop.makeFailedFuture(error)
            }
        }
    }
}
