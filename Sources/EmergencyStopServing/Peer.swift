/// Who is at the other end of a connection.
package struct Peer: Sendable, Hashable {
    /// The process id, or 0 where it has none that can be seen from here (another pid namespace).
    package var pid: Int32
    package var uid: UInt32
    package var gid: UInt32

    package init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }
}

/// A process, not to be mistaken for a later one with the same id.
package struct ProcessIdentity: Sendable, Hashable {
    package var peer: Peer
    /// When the process was started, in clock ticks since the machine was, or `nil` where that cannot be seen.
    package var startedAt: UInt64?

    package init(peer: Peer, startedAt: UInt64?) {
        self.peer = peer
        self.startedAt = startedAt
    }
}

/// What is known of a peer's process when it enters a run.
package struct KnownProcess: Sendable, Hashable {
    package var identity: ProcessIdentity
    /// Processes above it that stand for the run as well: they end what it leaves behind, and live until that is gone.
    package var ancestors: [ProcessIdentity]
    /// The name of the command, at most 15 bytes of anything, as the kernel gives it.
    package var command: [UInt8]

    package init(identity: ProcessIdentity, ancestors: [ProcessIdentity] = [], command: [UInt8]) {
        self.identity = identity
        self.ancestors = ancestors
        self.command = command
    }

    /// All processes one of which is enough for the run to go on.
    package var standing: [ProcessIdentity] { [identity] + ancestors }
}
