internal import Glibc

/// Signals everything below this process, however fast it multiplies.
struct ProcessHerd {
    /// How often a pass over all is repeated to catch what was started during the last.
    private static let passes = 50

    /// Who has had SIGTERM: once is enough, a second means something else to many programs.
    private var terminated: Set<pid_t> = []
    private var refused: Set<pid_t> = []

    private var newlyRefused: [ProcessTree.Process] = []

    /// The processes that could not be signalled, being another user's, and were not told of before.
    mutating func takeRefused() -> [ProcessTree.Process] {
        defer { newlyRefused = [] }
        return newlyRefused
    }

    /// SIGTERM, and SIGCONT, for what is stopped hears nothing else.
    mutating func terminate() {
        for process in ProcessTree.descendants() where terminated.insert(process.pid).inserted {
            send(SIGTERM, to: process)
            send(SIGCONT, to: process)
        }
    }

    /// SIGKILL to all, after all have been stopped: what stands still starts nothing new.
    mutating func kill() {
        suspend()
        for process in ProcessTree.descendants() { send(SIGKILL, to: process) }
    }

    /// SIGSTOP until nothing runs any more.
    mutating func suspend() {
        for _ in 0..<Self.passes {
            let running = ProcessTree.descendants().filter { !$0.isStopped && !refused.contains($0.pid) }
            guard !running.isEmpty else { return }
            for process in running { send(SIGSTOP, to: process) }
        }
    }

    mutating func resume() {
        for process in ProcessTree.descendants() { send(SIGCONT, to: process) }
    }

    private mutating func send(_ signal: Int32, to process: ProcessTree.Process) {
        if Glibc.kill(process.pid, signal) != 0, errno == EPERM, refused.insert(process.pid).inserted {
            newlyRefused.append(process)
        }
    }
}
