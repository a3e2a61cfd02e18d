internal import EmergencyStopSystem
internal import Glibc
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

/// Which users a sidecar may run as. A stranger who squats on the socket's path is nobody to take `go` from.
package struct TrustedUsers: Sendable {
    package var userIDs: Set<UInt32>

    /// Those who are always trusted, and these.
    package init(userIDs: Set<UInt32> = []) {
        self.userIDs = userIDs
    }

    /// What there is to say of a user who may be anybody.
    package static func hint(about userID: UInt32) -> String? {
        guard userID == Accounts.overflowUser else { return nil }
        return "\(userID) stands for every user whom this user namespace does not know: run both in one namespace, or "
            + "map the sidecar's user"
    }

    package func contains(_ userID: UInt32) -> Bool { containsNumber(userID) || containsName(of: userID) }

    /// Whether the user is trusted whatever the name: asks nobody.
    func containsNumber(_ userID: UInt32) -> Bool {
        userID == 0 || userID == geteuid() && Accounts.isSomebody(userID) || userIDs.contains(userID)
    }

    /// Whether the user is trusted by the name. May take as long as a directory service takes to answer.
    func containsName(of userID: UInt32) -> Bool { Accounts.name(ofUser: userID) == "estop" }
}
