internal import EmergencyStopSystem
internal import Glibc

/// Signals everything below this process, however fast it multiplies.
struct ProcessHerd {
    /// How often a pass over all is repeated to catch what was started during the last.
    private static let passes = 50

    /// Processes below this one that are not meant.
    let spared: Set<pid_t>
    /// Who has had SIGTERM: once is enough, a second means something else to many programs.
    private var terminated: Set<pid_t> = []
    /// Who may not be signalled, and those of them of whom nothing has been said yet.
    private var refused: Set<pid_t> = []
    private var unsaid: [ProcessStatus] = []

    init(sparing spared: Set<pid_t> = []) {
        self.spared = spared
    }

    /// Those that have not ended.
    var members: [ProcessStatus] { ProcessTree.descendants().filter { !spared.contains($0.pid) } }

    /// SIGTERM, and SIGCONT, for what is stopped hears nothing else.
    ///
    /// From the second time on it is for those alone whose parent has gone without them: what a process starts when it
    /// has been asked to end is how it cleans up, and has the grace for that.
    mutating func terminate() {
        defer { speak() }
        let isFirst = terminated.isEmpty
        for process in members
        where (isFirst || process.parent == getpid()) && terminated.insert(process.pid).inserted {
            send(SIGTERM, to: process)
            send(SIGCONT, to: process)
        }
    }

    /// SIGKILL to all, after all have been stopped: what stands still starts nothing new.
    mutating func kill() {
        defer { speak() }
        hold()
        for process in members { send(SIGKILL, to: process) }
    }

    /// SIGSTOP to all that run.
    mutating func suspend() {
        defer { speak() }
        hold()
    }

    mutating func resume() {
        defer { speak() }
        for process in members { send(SIGCONT, to: process) }
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
                "process \(process.pid) (\(Printable.text(process.name))) is another user's: it may not be signalled "
                    + "and goes on; run estopctl as root, or end it yourself"
            )
        }
        unsaid = []
    }
}
