internal import Glibc

/// Asks the kernel who is at the other end of a connected Unix domain socket.
enum PeerCredentials {
    /// The layout of the kernel's `struct ucred`, which Glibc's module does not show.
    private struct Credentials {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }

    /// The peer as it was when it connected, or `nil` where the kernel does not say.
    static func peer(of descriptor: Int32) -> Peer? {
        var credentials = Credentials()
        var length = socklen_t(MemoryLayout<Credentials>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        return Peer(pid: credentials.pid, uid: credentials.uid, gid: credentials.gid)
    }

    /// Whether the peer was of the group when it connected, by its primary group or a supplementary one.
    static func peer(_ peer: Peer, of descriptor: Int32, isIn group: UInt32) -> Bool {
        if peer.gid == group { return true }
        var groups = [UInt32](repeating: 0, count: 64)
        while true {
            var length = socklen_t(groups.count * MemoryLayout<UInt32>.size)
            let result = groups.withUnsafeMutableBytes {
                getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, $0.baseAddress, &length)
            }
            let count = Int(length) / MemoryLayout<UInt32>.size
            if result == 0 { return groups.prefix(count).contains(group) }
            // The kernel says how many there are where they do not fit.
            guard errno == ERANGE, count > groups.count else { return false }
            groups = [UInt32](repeating: 0, count: count)
        }
    }
}
