internal import EmergencyStopSystem
internal import Glibc

/// The processes below this one.
///
/// Whatever a command starts is found here: a process whose parent has died comes to this one, their subreaper.
enum ProcessTree {
    /// Of all processes those below one, without the ended.
    static func descendants(of root: pid_t, among all: [ProcessStatus]) -> [ProcessStatus] {
        let children = Dictionary(grouping: all, by: \.parent)
        var found: [ProcessStatus] = []
        var next = [root]
        while let pid = next.popLast() {
            for child in children[pid] ?? [] where child.pid != root {
                next.append(child.pid)
                if !child.hasEnded { found.append(child) }
            }
        }
        return found
    }
}
