internal import CPosix
internal import Glibc

/// The process between guardian and supervisor. It waits for the supervisor's end and then ends whatever of the command
/// is left: the guardian may have been killed by the same blow.
///
/// It hears no signal, and has neither the name nor the command line of the others: who kills by name misses it.
struct Sweeper {
    let supervisor: pid_t

    /// What a process that has started nothing else becomes, once it has forked the supervisor.
    func run() -> Never {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        setpgid(0, 0)
        cposix_rename_process("estop-sweeper", "estop-sweeper")
        while waitpid(supervisor, nil, 0) < 0, errno == EINTR {}
        Self.endDescendants(within: .zero)
        Voice.standardError.finish()
        exit(0)
    }

    /// Ends everything below this process, which takes until nothing is left.
    ///
    /// - Parameters:
    ///   - spared: Processes below this one that are not meant.
    ///   - grace: What there is from SIGTERM to SIGKILL.
    static func endDescendants(sparing spared: Set<pid_t> = [], within grace: Duration) {
        var herd = ProcessHerd(sparing: spared)
        let deadline = ContinuousClock.now + grace
        while true {
            var child: pid_t
            repeat { child = waitpid(-1, nil, WNOHANG) } while child > 0
            // What a process starts and leaves comes to this one: without a child there is nothing left.
            let isAlone = child < 0 && errno == ECHILD
            if isAlone || (!spared.isEmpty && herd.members.isEmpty) { return }
            if ContinuousClock.now < deadline { herd.terminate() } else { herd.kill() }
            usleep(20_000)
        }
    }
}
