internal import ArgumentParser
internal import CPosix
internal import Glibc

/// The process that the user started. It waits for the supervisor, hands signals on to it, ends as the command has
/// ended; and where the supervisor is killed or stands still, it ends everything.
///
/// It stays in its process group, which the command joins: what a terminal or a shell does to the job, it does to both.
struct Guardian {
    /// How long the supervisor may give no sign: longer than any lease.
    private static let patience = Duration.seconds(11)
    /// After this process itself stood still: what the supervisor has left to show that it lives.
    private static let second = Duration.seconds(3)

    let line: GuardLine
    let supervisor: pid_t
    let invocation: Invocation
    let grace: Duration
    let signals: CInt

    func run() -> Never {
        var ending: Supervision.Ending?
        var deadline = ContinuousClock.now + Self.patience
        var lastTurn = ContinuousClock.now
        while true {
            var entries = [
                pollfd(fd: line.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            ]
            poll(&entries, 2, 1000)
            let now = ContinuousClock.now
            if now - lastTurn > .seconds(4) { deadline = max(deadline, now + Self.second) }
            lastTurn = now
            while let (number, isFromKernel) = Signals.next(signals) {
                if Signals.forwarded.contains(number) { line.send(.signal(number, isFromKernel: isFromKernel)) }
            }
            var isOver = false
            reading: while true {
                switch line.receive() {
                case .message(.beat): deadline = now + Self.patience
                case .message(.started): invocation.release()
                case .message(.ended(let status)): ending = .command(status)
                case .message(.leaving(let code)): ending = .code(code)
                case .message(.signal), .nothing: break reading
                case .end:
                    isOver = true
                    break reading
                }
            }
            if isOver || now >= deadline { finish(ending, isFrozen: !isOver) }
        }
    }

    private func finish(_ ending: Supervision.Ending?, isFrozen: Bool) -> Never {
        if let ending {
            // It has closed its end of the line, so it is about to be gone.
            waitpid(supervisor, nil, 0)
            Self.end(ending)
        }
        StandardError.say(
            "the supervising process \(isFrozen ? "stands still" : "was killed"): the command is ended, since nobody "
                + "would hear a stop for it"
        )
        if isFrozen { kill(supervisor, SIGKILL) }
        endEverything()
        exit(ExitCode.notAllowed.rawValue)
    }

    /// The supervisor's descendants have come to this process.
    private func endEverything() {
        var herd = ProcessHerd()
        let deadline = ContinuousClock.now + grace
        while true {
            while waitpid(-1, nil, WNOHANG) > 0 {}
            guard !ProcessTree.descendants().isEmpty else { return }
            if ContinuousClock.now < deadline { herd.terminate() } else { herd.kill() }
            usleep(20_000)
        }
    }

    /// Ends as a command has ended that `wait` told of so.
    static func end(_ ending: Supervision.Ending) -> Never {
        switch ending {
        case .code(let code): exit(code)
        case .command(let status):
            let number = status & 0x7F
            if number == 0 { exit(status >> 8 & 0xFF) }
            Signals.end(by: number)
        }
    }
}
