package import Glibc

/// Who is at the other end of a connected Unix domain socket, as the kernel noted it when the connection was made, or
/// when the other end began to listen.
///
/// It has the layout of the kernel's `struct ucred`, which Glibc's module does not show.
package struct PeerCredentials: Sendable, Hashable {
    /// The process id, or 0 where it has none that can be seen from here (another process id namespace).
    package var processID: pid_t = 0
    package var userID: UInt32 = 0
    package var groupID: UInt32 = 0

    private init() {}

    /// Asks the kernel; `nil` where it does not say.
    package init?(of descriptor: CInt) {
        self.init()
        var length = socklen_t(MemoryLayout<Self>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &self, &length) == 0 else { return nil }
    }

    /// Whether the other end is of a group, by its primary group or a supplementary one.
    package func isMember(of group: UInt32, at descriptor: CInt) -> Bool {
        if groupID == group { return true }
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
