internal import EmergencyStopSystem
internal import Glibc

/// The process that the user started. It listens to the supervisor, hands signals on to it, ends as the command has
/// ended; and where the supervisor is killed or stands still, it ends everything.
///
/// It stays in its process group, which the command joins: what a terminal or a shell does to the job, it does to both.
struct Guardian {
    /// How long the supervisor may give no sign: as long as a sign of life of the sidecar is believed.
    private static let patience = Duration.seconds(10)
    /// After this process itself stood still: what the supervisor has left to show that it lives.
    private static let second = Duration.seconds(3)

    let line: GuardLine
    let sweeper: pid_t
    let invocation: Invocation
    let grace: Duration
    let signals: CInt
    private let directory = ProcessDirectory()
    private var supervisor: pid_t?
    private var command: pid_t?
    /// Whether a terminal has stopped the job when there was no word yet of a command in it.
    private var wasStoppedEarly = false
    /// Whether the supervisor has said that the command stands still, and nothing has come of it yet.
    private var isStopDue = false
    private var ending: Supervision.Ending?
    private var hasSweeperEnded = false
    /// Whether the supervisor is gone.
    private var isAlone = false
    private var deadline = ContinuousClock.now + patience

    init(line: GuardLine, sweeper: pid_t, invocation: Invocation, grace: Duration, signals: CInt) {
        self.line = line
        self.sweeper = sweeper
        self.invocation = invocation
        self.grace = grace
        self.signals = signals
    }

    mutating func run() -> Never {
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
            let wasContinued = passSignalsOn()
            bury()
            listen()
            if isStopDue {
                isStopDue = false
                // A shell has stopped this process along with the command, or is to see that the command stopped. What
                // was said before somebody continued both is past.
                if !wasContinued { _ = standStill() }
            }
            if isAlone || now >= deadline { finish(isFrozen: !isAlone) }
        }
    }

    /// Takes in what the supervisor has said.
    private mutating func listen() {
        while !isAlone {
            switch line.receive() {
            case .message(.beat(let pid)):
                supervisor = pid
                deadline = ContinuousClock.now + Self.patience
            case .message(.started(let pid)):
                command = pid
                invocation.release()
                isStopDue = isStopDue || wasStoppedEarly
            case .message(.stopped): isStopDue = true
            case .message(.ended(let status)): ending = .command(status)
            case .message(.leaving(let code)): ending = .code(code)
            case .message(.signal): continue
            case .nothing: return
            case .end: isAlone = true
            }
        }
    }

    private var commandState: SignalState? { command.flatMap(SignalState.of) }
    private var commandStandsStill: Bool { commandState?.standsStill ?? false }

    /// Stands still once the command does, or without one. Gives whether it did, and was continued.
    ///
    /// The shell takes the terminal back at that: the command must not be reading it any more.
    private mutating func standStill() -> Bool {
        wasStoppedEarly = false
        let limit = ContinuousClock.now + .seconds(1)
        var waits = 0
        while let state = commandState, ContinuousClock.now < limit {
            guard state.isAboutToStandStill || state.seemsToBeInVfork && waits < 20 else { break }
            waits = state.seemsToBeInVfork ? waits + 1 : 0
            usleep(1_000)
        }
        guard isStopMeant() else { return false }
        Signals.standStill { isStopMeant() }
        return true
    }

    /// Whether to stand still is right. Not when the run is over: the supervisor continues this process once it has said
    /// so, or that the command goes on, and nobody would after that.
    private mutating func isStopMeant() -> Bool {
        listen()
        isStopDue = false
        return !isAlone && ending == nil && (command == nil || commandStandsStill)
    }

    /// Hands signals on; gives whether somebody has continued the job.
    private mutating func passSignalsOn() -> Bool {
        var wasContinued = false
        while var signal = Signals.next(signals) {
            // By this the supervisor undoes a stop. Whether the command goes on is seen in itself.
            if signal.number == SIGCONT, signal.sender == supervisor { continue }
            if signal.number == SIGCONT {
                wasContinued = true
                wasStoppedEarly = false
                if commandStandsStill { line.send(.signal(signal)) }
            } else if Signals.forwarded.contains(signal.number) {
                if signal.isFromKernel, Signals.stopping.contains(signal.number) {
                    // The command got it as well.
                    if command != nil, standStill() {
                        wasContinued = true
                        continue
                    }
                    wasStoppedEarly = command == nil
                }
                // When a terminal hangs up, the kernel tells the leader of its session alone.
                if signal.number == SIGHUP, getsid(0) == getpid() { signal.isFromKernel = false }
                line.send(.signal(signal))
            }
        }
        return wasContinued
    }

    /// Waits for the children that have ended: as the first process of a process id namespace, in a container say, this
    /// one gets all orphans.
    private mutating func bury() {
        while case let child = waitpid(-1, nil, WNOHANG), child > 0 {
            if child == sweeper { hasSweeperEnded = true }
        }
    }

    private mutating func finish(isFrozen: Bool) -> Never {
        if let ending {
            // The supervisor has closed its end of the line, so both are about to be gone.
            let limit = ContinuousClock.now + .seconds(1)
            while !hasSweeperEnded, ContinuousClock.now < limit {
                usleep(1_000)
                bury()
            }
            Self.end(ending)
        }
        Voice.standardError.say(
            "the supervising process \(isFrozen ? "stands still" : "was killed"): ending the command, because nobody "
                + "would hear a stop for it"
        )
        if isFrozen {
            // As long as it is there, its run is shown as running.
            Sweeper.endDescendants(seenIn: directory, sparing: supervisor.map { [$0, sweeper] } ?? [], within: grace)
            if let supervisor { kill(supervisor, SIGKILL) }
        }
        // Its descendants have come to this process, and nobody hears a stop for them: no time to be lost. The sidecar
        // shows the run as lost until this process has ended.
        Sweeper.endDescendants(seenIn: directory, within: .zero)
        Voice.standardError.finish()
        exit(ExitStatus.notAllowed.rawValue)
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
