internal import Glibc
internal import NIOCore

/// Who is at the other end of a Unix domain socket.
enum PeerCredentials {
    /// `struct ucred`, which the C library hides from Swift.
    private struct Credentials {
        var processID: Int32 = 0
        var userID: UInt32 = 0
        var groupID: UInt32 = 0
    }

    /// The user that the other end belonged to when it began to listen.
    static func userID(of channel: any Channel) -> EventLoopFuture<UInt32> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let credentials: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        )
        return credentials.map(\.userID)
    }

    /// The user's name, where the system knows one.
    static func userName(of userID: UInt32) -> String? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let storage = buffer.baseAddress,
                getpwuid_r(userID, &record, storage, buffer.count, &found) == 0, found != nil
            else { return nil }
            return String(cString: record.pw_name)
        }
    }
}
