internal import CPosix
internal import EmergencyStopSystem
internal import Glibc

/// The process between guardian and supervisor. It waits for the supervisor's end and then ends whatever of the command
/// is left: the guardian may have been killed by the same blow.
///
/// It ends by no signal, and has neither the name nor the command line of the others: who kills by name misses it. What
/// reaches it, in the guardian's process group, it tells the supervisor: see ``SharedSignals``.
struct Sweeper {
    let guardian: pid_t
    let supervisor: pid_t
    let line: GuardLine
    let signals: CInt

    /// What a process that has started nothing else becomes, once it has forked the supervisor.
    func run() -> Never {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        setpgid(0, getpgid(guardian))
        cposix_rename_process("run-sweeper", "run-sweeper")
        let directory = ProcessDirectory()
        while !hasSupervisorEnded() {
            // Its end is a signal, too.
            var entry = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, 1000)
            while let signal = Signals.next(signals) {
                if signal.number != SIGCHLD { line.send(.signal(signal)) }
            }
        }
        Self.endDescendants(seenIn: directory, within: .zero)
        // Where a shell has stopped it, it does not hear of the end.
        if getppid() == guardian { kill(guardian, SIGCONT) }
        Voice.standardError.finish()
        exit(0)
    }

    /// Waits for the children that have ended: others come to this process where it is the first of a process id
    /// namespace's, or nearer than that.
    private func hasSupervisorEnded() -> Bool {
        while case let ended = waitpid(-1, nil, WNOHANG), ended != 0 {
            if ended == supervisor || ended < 0 && errno != EINTR { return true }
        }
        return false
    }

    /// Ends everything below this process, which takes until nothing is left; where some are spared, until it is their
    /// turn.
    ///
    /// - Parameters:
    ///   - directory: What shows them, where there is one.
    ///   - spared: Processes below this one that are not meant.
    ///   - grace: What there is from SIGTERM to SIGKILL.
    static func endDescendants(
        seenIn directory: ProcessDirectory?, sparing spared: Set<pid_t> = [], within grace: Duration
    ) {
        var herd = ProcessHerd(seenIn: directory, sparing: spared)
        let deadline = ContinuousClock.now + grace
        while true {
            var child: pid_t
            repeat { child = waitpid(-1, nil, WNOHANG) } while child > 0
            // What a process starts and leaves comes to this one: without a child there is nothing left.
            let isAlone = child < 0 && errno == ECHILD
            let late = ContinuousClock.now - deadline
            if isAlone || (!spared.isEmpty && (herd.isEmpty || late > .seconds(2))) { return }
            if late < .zero { herd.terminate() } else { herd.kill() }
            // What may not be signalled may take its time.
            usleep(late < .seconds(2) ? 20_000 : 500_000)
        }
    }
}
