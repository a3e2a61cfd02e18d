package import EmergencyStop

/// One run of a workflow, entered by a client and not yet left.
package struct Run: Sendable {
    package let id: RunID
    package let name: WorkflowName
    package var process: ProcessIdentity
    /// Processes above it that stand for the run as well: they end what it leaves behind, and live until that is gone.
    package var ancestors: [ProcessIdentity]
    /// The command name of the process when it entered, at most 15 bytes, as the kernel gives it.
    package var command: [UInt8]
    package var since: Timestamp
    /// The connection that entered it, or `nil` where that has closed without leaving: the run is lost. It may be
    /// going on, so it counts as running until the processes that stand for it are gone or it is entered or left again.
    package var owner: ObjectIdentifier?

    package var isLost: Bool { owner == nil }

    /// All processes one of which is enough for the run to go on.
    package var standing: [ProcessIdentity] { [process] + ancestors }
}

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

/// What the registry has to ask the system about processes.
package protocol ProcessObserver: AnyObject {
    /// The identity of a peer's process and its command name.
    func identify(_ peer: Peer) -> (ProcessIdentity, command: [UInt8])
    /// The parent of a process, its parent and so on.
    func ancestors(of process: ProcessIdentity, atMost count: Int) -> [ProcessIdentity]
    /// Whether the process is certainly gone.
    func isGone(_ process: ProcessIdentity) -> Bool
}
