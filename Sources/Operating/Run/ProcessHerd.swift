internal import CPosix
internal import EmergencyStopSystem
internal import Glibc

/// Signals everything below this process, however fast it multiplies.
///
/// What `/proc` shows below this one; the command itself, whatever it shows; and at last every child that the kernel
/// knows.
struct ProcessHerd {
    /// How often a pass over all is repeated to catch what was started during the last.
    private static let passes = 50
    /// How many ids the kernel is asked for at a time: what takes some hundredths of a second.
    private static let idsAtATime: pid_t = 1 << 18

    private let directory: ProcessDirectory?
    /// Processes below this one that are not meant.
    private let spared: Set<pid_t>
    /// The command, from its start until it has been waited for: known without looking.
    var command: ProcessStatus?
    /// Who has had SIGTERM: once is enough, a second means something else to many programs.
    private var terminated: Set<pid_t> = []
    private var hasTerminatedAll = false
    /// How often SIGKILL was due and there was nobody to be seen who could have it.
    private var killsOfNobody = 0
    /// The first id that is to be asked for next.
    private var nextUnseen: pid_t = 1
    /// Who has been told to stand still: nobody else is continued, who had stopped before goes on standing still.
    private var suspended: Set<pid_t> = []
    /// Who may not be signalled, and those of them of whom nothing has been said yet.
    private var refused: Set<pid_t> = []
    private var unsaid: [ProcessStatus] = []

    /// - Parameter directory: `nil` where there is none to be had.
    init(seenIn directory: ProcessDirectory?, sparing spared: Set<pid_t> = []) {
        self.directory = directory
        self.spared = spared
    }

    /// Those that have not ended, as far as they can be seen.
    var members: [ProcessStatus] { look().members }

    /// Whether it is certain that no other than the spared is left.
    var isEmpty: Bool {
        let (members, isComplete) = look()
        return isComplete && members.isEmpty
    }

    private func look() -> (members: [ProcessStatus], isComplete: Bool) {
        let all = directory?.all()
        var members = ProcessTree.descendants(of: getpid(), among: all ?? []).filter { !spared.contains($0.pid) }
        if let command, !members.contains(where: { $0.pid == command.pid }) { members.append(command) }
        return (members, all != nil)
    }

    /// SIGTERM, and SIGCONT, for what is stopped hears nothing else; that again to who stands still anew.
    ///
    /// From the second time on it is for those alone whose parent has gone without them: what a process starts when it
    /// has been asked to end is how it cleans up, and has the grace for that.
    mutating func terminate() {
        defer { speak() }
        let (members, isComplete) = look()
        var told: Set<pid_t> = []
        for process in members
        where (!hasTerminatedAll || process.parent == getpid()) && terminated.insert(process.pid).inserted {
            told.insert(process.pid)
            send(SIGTERM, to: process)
        }
        hasTerminatedAll = hasTerminatedAll || isComplete
        resume(members.filter { told.contains($0.pid) || $0.isStopped && terminated.contains($0.pid) })
    }

    /// SIGKILL to all, after all have been stopped: what stands still starts nothing new.
    mutating func kill() {
        defer { speak() }
        hold()
        let members = members
        for process in members { send(SIGKILL, to: process) }
        guard members.allSatisfy({ refused.contains($0.pid) }) else {
            killsOfNobody = 0
            return
        }
        killsOfNobody += 1
        // Those who have just ended are gone by the next time.
        if killsOfNobody >= 3 { killUnseen() }
    }

    /// SIGKILL to the children that cannot be seen, hidden by `/proc` or for want of one. What they have started comes
    /// to this process then.
    ///
    /// There may be four million ids, and each is asked for: some at a time, since this process has to go on showing that
    /// it lives.
    private mutating func killUnseen() {
        let highest = directory?.highestID ?? ProcessDirectory.highestID
        let last = min(nextUnseen + Self.idsAtATime, highest)
        var first = nextUnseen
        while case let child = cposix_next_child(first, last), child > 0 {
            if !spared.contains(child) { Glibc.kill(child, SIGKILL) }
            first = child + 1
        }
        nextUnseen = last < highest ? last + 1 : 1
    }

    /// SIGSTOP to all that run.
    mutating func suspend() {
        defer { speak() }
        hold()
    }

    /// SIGCONT to all that have been told to stand still, or only to those of them that do so anew.
    mutating func resume(anew: Bool = false) {
        defer { speak() }
        resume(members.filter { suspended.contains($0.pid) && (!anew || $0.isStopped) })
    }

    /// SIGCONT to some, children before their parents: a parent that looks after one child, such as `su`, stands still
    /// itself where it sees that the child does.
    private mutating func resume(_ processes: [ProcessStatus]) {
        for process in processes.reversed() { send(SIGCONT, to: process) }
    }

    /// SIGSTOP to all, until there is nobody who was not told.
    ///
    /// Who has been told starts nothing any more, also before it stands still: the kernel gives up a fork while a
    /// signal is pending. So it is not waited for; one that has just called `vfork` never stands still as it seems.
    private mutating func hold() {
        var told: Set<pid_t> = []
        for _ in 0..<Self.passes {
            let new = members.filter { !$0.isStopped && !refused.contains($0.pid) && told.insert($0.pid).inserted }
            guard !new.isEmpty else { return }
            for process in new { send(SIGSTOP, to: process) }
            suspended.formUnion(told)
        }
    }

    private mutating func send(_ signal: Int32, to process: ProcessStatus) {
        if Glibc.kill(process.pid, signal) != 0, errno == EPERM, refused.insert(process.pid).inserted {
            unsaid.append(process)
        }
    }

    /// Says what there is to be said once all have been signalled.
    private mutating func speak() {
        for process in unsaid {
            Voice.standardError.say(
                "process \(process.pid) (\(Printable.text(process.name))) belongs to another user: it cannot be signalled "
                    + "and goes on; run estopctl as root, or end it yourself"
            )
        }
        unsaid = []
    }
}

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
