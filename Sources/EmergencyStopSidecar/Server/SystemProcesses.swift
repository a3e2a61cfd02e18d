internal import EmergencyStopServing
internal import EmergencyStopSystem
internal import Glibc

/// What the kernel says about the processes behind connections.
///
/// A process is known by its id together with the time of its start, since ids are used again.
enum SystemProcesses {
    /// A peer's process, and so many above it.
    static func identify(_ peer: Peer, parents: Int) -> KnownProcess {
        guard peer.pid > 0, let status = ProcessStatus(of: peer.pid) else {
            return KnownProcess(identity: ProcessIdentity(peer: peer, startedAt: nil), command: [])
        }
        return KnownProcess(
            identity: ProcessIdentity(peer: peer, startedAt: status.startedAt),
            ancestors: ancestors(of: status, atMost: parents, peer), command: status.command
        )
    }

    private static func ancestors(of process: ProcessStatus, atMost count: Int, _ peer: Peer) -> [ProcessIdentity] {
        var found: [ProcessIdentity] = []
        var status: ProcessStatus? = process
        // The first process of all is everybody's, and never gone.
        while found.count < count, let parent = status?.parent, parent > 1 {
            status = ProcessStatus(of: parent)
            guard let startedAt = status?.startedAt else { break }
            let peer = Peer(pid: parent, uid: peer.uid, gid: peer.gid)
            found.append(ProcessIdentity(peer: peer, startedAt: startedAt))
        }
        return found
    }

    static func isGone(_ process: ProcessIdentity) -> Bool {
        // Of a process in another pid namespace nothing can be seen from here, so it is not certain to be gone.
        guard process.peer.pid > 0 else { return false }
        if kill(process.peer.pid, 0) != 0, errno == ESRCH { return true }
        guard let startedAt = process.startedAt, let status = ProcessStatus(of: process.peer.pid) else { return false }
        return status.hasEnded || status.startedAt != startedAt
    }
}
