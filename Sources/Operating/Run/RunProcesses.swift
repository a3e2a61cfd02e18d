internal import CPosix
internal import Glibc

/// The three processes of a run: guardian, sweeper, supervisor. Each ends the command where another is killed.
package enum RunProcesses {
    /// Becomes the guardian of the command, and has sweeper and supervisor beside it.
    ///
    /// Nothing in this process may have started a thread yet: that is what makes a fork sound.
    ///
    /// - Parameter lastArguments: How many of this process's arguments, at their end, are the command.
    /// - Returns: Only where that could not be; nothing was started then.
    package static func start(
        name: String, lastArguments: Int, grace: Duration, socket: String, waitsForGo: Bool
    ) -> ExitStatus {
        guard hasDescriptors else {
            return failure(
                "too few file descriptors are free",
                "a run needs \(descriptorsNeeded): raise the limit of open files, with ulimit -n say")
        }
        let handled = Signals.forwarded.union([SIGCHLD, SIGPIPE, SIGCONT])
        let invocation = Invocation(blocking: handled)
        // Who ignores the end of its children, as a parent may have had it, never hears of it.
        signal(SIGCHLD, SIG_DFL)
        guard let lines = GuardLine.pair(), let witness = GuardLine.pair() else { return failure("socketpair") }
        cposix_become_subreaper()
        let guardian = getpid()
        let signals = Signals.descriptor(handled)
        let sweeper = cposix_fork()
        if sweeper < 0 { return failure("fork") }
        if sweeper == 0 {
            lines.other.end()
            cposix_become_subreaper()
            let sweeper = getpid()
            // The supervisor's group, which the sweeper leaves again: Ctrl-Z stops the command and the guardian, and not
            // the one who hears a stop.
            setpgid(0, 0)
            let supervisor = cposix_fork()
            if supervisor < 0 { return failure("fork") }
            if supervisor > 0 {
                lines.supervisor.end()
                witness.supervisor.end()
                invocation.release()
                Sweeper(guardian: guardian, supervisor: supervisor, line: witness.other, signals: signals).run()
            }
            witness.other.end()
            Supervisor(
                name: name, command: Command(lastArguments: lastArguments), grace: grace,
                socket: socket, waitsForGo: waitsForGo, guardLine: lines.supervisor, guardian: guardian,
                sweeperLine: witness.supervisor, sweeper: sweeper, invocation: invocation, signals: signals
            ).run()
        }
        witness.other.end()
        witness.supervisor.end()
        lines.supervisor.end()
        var watcher = Guardian(
            line: lines.other, sweeper: sweeper, invocation: invocation, grace: grace,
            signals: signals
        )
        watcher.run()
    }

    /// What the three take, with some to spare: one that got none halfway would end, and the command with it.
    private static let descriptorsNeeded = 32

    /// Whether there are so many, which only having them shows: the limit may be the process's or the system's.
    private static var hasDescriptors: Bool {
        let taken = (0..<descriptorsNeeded).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
        for descriptor in taken where descriptor >= 0 { close(descriptor) }
        return taken.allSatisfy { $0 >= 0 }
    }

    private static func failure(_ what: String, _ why: String? = nil) -> ExitStatus {
        Voice.standardError.say("\(what): \(why ?? String(cString: strerror(errno))); nothing was started")
        Voice.standardError.finish()
        return .systemError
    }
}
