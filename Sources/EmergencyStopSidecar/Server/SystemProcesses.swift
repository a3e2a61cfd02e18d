internal import EmergencyStop
internal import Glibc

/// What the kernel says about the processes behind connections.
///
/// A process is known by its id together with the time of its start, since ids are used again.
final class SystemProcesses: ProcessObserver {
    func identify(_ peer: Peer) -> (ProcessIdentity, command: [UInt8]) {
        guard peer.pid > 0, let stat = Stat(of: peer.pid) else {
            return (ProcessIdentity(peer: peer, startedAt: nil), [])
        }
        return (ProcessIdentity(peer: peer, startedAt: stat.startedAt), stat.command)
    }

    func isGone(_ process: ProcessIdentity) -> Bool {
        // Of a process in another pid namespace nothing can be seen from here, so it is not certain to be gone.
        guard process.peer.pid > 0 else { return false }
        if kill(process.peer.pid, 0) != 0, errno == ESRCH { return true }
        guard let startedAt = process.startedAt, let stat = Stat(of: process.peer.pid) else { return false }
        return stat.hasExited || stat.startedAt != startedAt
    }

    /// What `/proc/PID/stat` says.
    private struct Stat {
        var command: [UInt8]
        var startedAt: UInt64
        /// Whether only the entry in the process table is left (a zombie).
        var hasExited: Bool

        init?(of pid: Int32) {
            let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 1024)
            let count = read(descriptor, &bytes, bytes.count)
            guard count > 0 else { return nil }
            // PID (COMMAND) STATE …: the command may hold anything, parentheses too, so the last one ends it.
            let text = bytes[..<count]
            guard let begin = text.firstIndex(of: UInt8(ascii: "(")), let end = text.lastIndex(of: UInt8(ascii: ")")),
                begin < end
            else { return nil }
            let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
            // Field 3 is the state, field 22 the start.
            guard fields.count > 19, let state = fields[0].first,
                let startedAt = UInt64(String(decoding: fields[19], as: UTF8.self))
            else { return nil }
            self.command = Array(text[(begin + 1)..<end])
            self.startedAt = startedAt
            self.hasExited = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
        }
    }
}
