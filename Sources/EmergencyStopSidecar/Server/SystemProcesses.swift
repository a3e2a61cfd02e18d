internal import EmergencyStop
internal import EmergencyStopSystem
internal import Glibc

/// What the kernel says about the processes behind connections.
///
/// A process is known by its id together with the time of its start, since ids are used again.
final class SystemProcesses: ProcessObserver {
    func identify(_ peer: Peer) -> (ProcessIdentity, command: [UInt8]) {
        guard peer.pid > 0, let status = ProcessStatus(of: peer.pid) else {
            return (ProcessIdentity(peer: peer, startedAt: nil), [])
        }
        return (ProcessIdentity(peer: peer, startedAt: status.startedAt), status.command)
    }

    func ancestors(of process: ProcessIdentity, atMost count: Int) -> [ProcessIdentity] {
        var found: [ProcessIdentity] = []
        var status = process.peer.pid > 0 ? ProcessStatus(of: process.peer.pid) : nil
        // The first process of all is everybody's, and never gone.
        while found.count < count, let parent = status?.parent, parent > 1 {
            status = ProcessStatus(of: parent)
            guard let startedAt = status?.startedAt else { break }
            let peer = Peer(pid: parent, uid: process.peer.uid, gid: process.peer.gid)
            found.append(ProcessIdentity(peer: peer, startedAt: startedAt))
        }
        return found
    }

    func isGone(_ process: ProcessIdentity) -> Bool {
        // Of a process in another pid namespace nothing can be seen from here, so it is not certain to be gone.
        guard process.peer.pid > 0 else { return false }
        if kill(process.peer.pid, 0) != 0, errno == ESRCH { return true }
        guard let startedAt = process.startedAt, let status = ProcessStatus(of: process.peer.pid) else { return false }
        return status.hasEnded || status.startedAt != startedAt
    }
}
