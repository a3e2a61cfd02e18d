internal import CPosix
internal import Glibc

/// The calls on connected stream sockets, none of which waits, whatever the descriptor's own flags are, and none of
/// which raises SIGPIPE.
package enum StreamSocket {
    private static let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)

    /// What came of receiving.
    package enum Received: Hashable {
        case bytes(Int)
        /// The peer will send nothing more.
        case end
        /// There is nothing for now.
        case nothing
    }

    /// What came of sending.
    package enum Sent: Hashable {
        /// So many bytes were taken, which may be none.
        case bytes(Int)
        /// The peer takes nothing any more.
        case broken
    }

    /// Receives into a buffer. A connection that was reset has ended.
    package static func receive(_ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer) -> Received {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, flags)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothing
            default: return .end
            }
        }
    }

    package static func send(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Sent {
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            // Also where the kernel has no memory for it just now.
            case EAGAIN, ENOBUFS, ENOMEM: return .bytes(0)
            default: return .broken
            }
        }
    }

    /// Whether the kernel has room for more: not only for a little, but as when a ``Poller`` tells of it.
    package static func isWritable(_ descriptor: CInt) -> Bool {
        var query = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&query, 1, 0) == 1
    }

    /// Accepts the connection that has waited longest on a listening socket; EAGAIN where there is none.
    package static func accept(_ listening: CInt) throws(SystemError) -> CInt {
        while true {
            let descriptor = cposix_accept(listening)
            if descriptor >= 0 { return descriptor }
            // One that went away while it waited is none.
            guard errno == EINTR || errno == ECONNABORTED else { throw .last }
        }
    }
}
