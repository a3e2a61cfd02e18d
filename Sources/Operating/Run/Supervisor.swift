internal import CPosix
internal import EmergencyStop
internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc

/// The process that starts the command and looks after it: listens to the emergency stop, the guardian and the
/// command's end, and carries out what ``Supervision`` decides.
///
/// It is not in the process group of command and guardian, and once the command has started not in their session:
/// whether a shell is there that could continue what a terminal stops is seen by the kernel as without estopctl.
final class Supervisor {
    private static let beatInterval = Duration.seconds(2)

    /// How long nothing is said while the sidecar has not answered.
    private static let silence = Duration.seconds(2)

    private let command: Command
    private let guardLine: GuardLine
    private let guardian: pid_t
    private let sweeperLine: GuardLine
    private let sweeper: pid_t
    private let socket: String
    private let invocation: Invocation
    private let signals: CInt
    private let link = WorkflowLink()
    private var supervision: Supervision
    private let directory: ProcessDirectory?
    private var herd: ProcessHerd
    private var commandID: pid_t?
    /// What has been handled of what was waited under, and of what holds for the run: the same may come in both.
    private var lastAwaited: StatusReport?
    private var lastReport: StatusReport?
    private var sharedSignals = SharedSignals()
    private var isGuarded = true
    private var isSwept = true
    private var ending: Supervision.Ending?
    private let startedAt = ContinuousClock.now
    private var hasSaidSilence = false

    init(
        name: String, command: Command, grace: Duration, socket: String, waitsForGo: Bool, guardLine: GuardLine,
        guardian: pid_t, sweeperLine: GuardLine, sweeper: pid_t, invocation: Invocation, signals: CInt
    ) {
        self.socket = socket
        self.command = command
        self.guardLine = guardLine
        self.guardian = guardian
        self.sweeperLine = sweeperLine
        self.sweeper = sweeper
        self.invocation = invocation
        self.signals = signals
        directory = ProcessDirectory()
        herd = ProcessHerd(seenIn: directory)
        supervision = Supervision(
            name: name, grace: grace, waitsForGo: waitsForGo,
            endingSignals: Signals.numbers(of: Signals.ending, without: invocation.ignored)
        )
    }

    /// Looks after everything until it is over.
    func run() -> Never {
        cposix_become_subreaper()
        // In the background of its terminal, it must be able to say something there.
        for number in [SIGTTOU, SIGTTIN, SIGTSTP] { signal(number, SIG_IGN) }
        // The sidecar shows this process under this name. Who kills by a name or a command line must not reach guardian
        // and supervisor at once: one of them has to end what the other leaves behind.
        cposix_rename_process("estop:\(command.baseName)", "\(ProcessCommand.supervisor)\(guardian)")
        if let blindness {
            Voice.standardError.say("not started: \(blindness)")
            ending = .code(ExitStatus.notAllowed.rawValue)
            leave()
        }
        let (name, waitsForGo) = (supervision.name, supervision.waitsForGo)
        Task { [link, socket] in
            // Sweeper and guardian.
            await link.listen(name, socket: socket, waitsForGo: waitsForGo, standingParents: 2)
        }
        var nextBeat = ContinuousClock.now
        while true {
            let now = ContinuousClock.now
            if now >= nextBeat {
                guardLine.send(.beat(getpid()))
                nextBeat = now + Self.beatInterval
            }
            turn()
            if ending != nil { leave() }
            wait(for: min(supervision.nextLook(at: now), sharedSignals.nextLook(at: now) ?? Self.beatInterval))
        }
    }

    /// Why it could not be seen what the command starts, if so: a stop must find it.
    private var blindness: String? {
        let isSeen = directory?.all().map { all in
            ProcessTree.descendants(of: guardian, among: all).contains { $0.pid == getpid() }
        }
        guard let directory, directory.isOwn, isSeen == true else {
            return
                "/proc does not show this process, so a stop would not find what the command starts: mount the /proc "
                + "of its own process id namespace, as unshare --mount-proc does"
        }
        return nil
    }

    private func wait(for limit: Duration) {
        // Not the sweeper: what it says is of use only beside what wakes this process.
        var entries = [
            pollfd(fd: link.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: guardLine.descriptor, events: Int16(isGuarded ? POLLIN : 0), revents: 0),
        ]
        // A descriptor at its end is always ready.
        poll(&entries, isGuarded ? 3 : 2, Int32(limit / .milliseconds(1)))
    }

    private func turn() {
        // First of all what may stop the command: this process may have stood still for long.
        lookAtStatus()
        lookAtSignals()
        lookAtGuardian()
        lookAtSweeper()
        settleSignals()
        lookAtChildren()
        handle(.time)
    }

    private func handle(_ event: Supervision.Event) {
        for action in supervision.handle(event, at: .now) { perform(action) }
    }

    private func lookAtStatus() {
        switch link.look() {
        case .waiting(let report?):
            guard report.status != .go, supervision.waitsForGo, report != lastAwaited else { return }
            lastAwaited = report
            handle(.waits(report))
        case .waiting(nil):
            guard !hasSaidSilence, ContinuousClock.now - startedAt > Self.silence else { return }
            hasSaidSilence = true
            Voice.standardError.say("no answer from the sidecar yet on \(Printable.text(socket))")
        case .running(let report):
            guard report != lastReport else { return }
            lastReport = report
            handle(.status(report))
        case .refused(let report):
            guard commandID == nil, ending == nil else { return }
            Voice.standardError.say("not started: \(StatusRecord(report).sentence)")
            if report.isWithoutEntry, let name = try? WorkflowName(supervision.name) {
                let endpoint = SidecarEndpoint(path: socket, timeout: Self.silence)
                if let question = UnknownNames.question(about: name, endpoint) { Voice.standardError.say(question) }
            }
            ending = .code(ExitStatus.notAllowed.rawValue)
        case .failed(let text):
            guard commandID == nil, ending == nil else { return }
            Voice.standardError.say("not started: \(text)")
            ending = .code(ExitStatus.notAllowed.rawValue)
        case .left: break
        }
    }

    private func lookAtSignals() {
        while let signal = Signals.next(signals) {
            if Signals.forwarded.contains(signal.number) { note(signal, to: .supervisor) }
        }
    }

    private func lookAtGuardian() {
        while isGuarded {
            switch guardLine.receive() {
            case .message(.signal(let signal)):
                if signal.isFromKernel {
                    pass(.init(number: signal.number, isShared: commandIsInGroup))
                } else {
                    note(signal, to: .guardian)
                }
            case .message: continue
            case .nothing: return
            case .end:
                isGuarded = false
                handle(.guardianGone)
            }
        }
    }

    private func lookAtSweeper() {
        while isSwept {
            switch sweeperLine.receive() {
            case .message(.signal(let signal)): note(signal, to: .sweeper)
            case .message: continue
            case .nothing: return
            case .end: isSwept = false
            }
        }
    }

    private func note(_ signal: Signals.Arrival, to receiver: SharedSignals.Receiver) {
        sharedSignals.note(.init(number: signal.number, sender: signal.sender), to: receiver, at: .now)
    }

    private func settleSignals() {
        let settled = sharedSignals.settle(
            at: .now, isInGroup: commandIsInGroup, isAbove: isAbove,
            isPending: { receiver, number in
                SignalState.of(receiver == .sweeper ? sweeper : guardian)?.isPending(number) ?? false
            })
        for signal in settled { pass(signal) }
    }

    /// Whether a process is one that the guardian descends from.
    private func isAbove(_ pid: pid_t) -> Bool {
        var next = guardian
        while let parent = ProcessStatus(of: next)?.parent, parent > 0 {
            if parent == pid { return true }
            next = parent
        }
        return false
    }

    /// Whether the command gets what is sent to the guardian's process group; there may be none yet.
    private var commandIsInGroup: Bool { commandID.map { getpgid($0) == getpgid(guardian) } ?? true }

    private func pass(_ signal: SharedSignals.Settled) {
        // Doubt is that the command ends by it.
        let isHandled = commandID.flatMap(SignalState.of)?.isHandled(signal.number) ?? false
        handle(
            signal.isShared
                ? .shared(signal.number, isHandled: isHandled) : .signal(signal.number, isHandled: isHandled))
    }

    private func lookAtChildren() {
        guard let commandID else { return }
        var status: Int32 = 0
        while true {
            let pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)
            guard pid != 0 else { break }
            guard pid > 0 else {
                if errno == EINTR { continue }
                // Whatever the command started and left comes to this process: without a child there is nothing left.
                handle(.processesLeft(false))
                return
            }
            guard pid == commandID else { continue }
            switch status {
            case 0xFFFF: handle(.commandContinued)
            case _ where status & 0xFF == 0x7F: handle(.commandStopped(by: status >> 8))
            default:
                // From now on its number may be another's.
                herd.command = nil
                handle(.commandEnded(status))
            }
        }
        handle(.processesLeft(true))
    }

    private func perform(_ action: Supervision.Action) {
        switch action {
        case .start: start()
        case .withdraw:
            // Whatever holds for the next run is news, and what this one was left for has been said.
            lastAwaited = lastReport
            lastReport = nil
            link.withdraw()
        case .terminate: herd.terminate()
        case .kill: herd.kill()
        case .suspend: herd.suspend()
        case .resume: herd.resume()
        case .resumeAnew: herd.resume(anew: true)
        case .signal(let number, let isWaking):
            guard let commandID else { return }
            kill(commandID, number)
            if isWaking { wake(commandID, by: number) }
        case .followStop: guardLine.send(.stopped)
        case .followContinuing: continueGuardian()
        case .say(let text): Voice.standardError.say(text)
        case .sayLeftovers:
            Voice.standardError.say(
                "\(command.name) ended and left \(leftovers): the run lasts until they end, too")
        case .sayUnkilled:
            Voice.standardError.say("after SIGKILL there are still \(leftovers): the run lasts until they end")
        case .finish(let ending): self.ending = ending
        }
    }

    /// Has the command go on and take a signal: of two that are pending, the kernel may end it by the later one, and
    /// who sent the first would see another end than the one asked for.
    private func wake(_ pid: pid_t, by number: Int32) {
        kill(pid, SIGCONT)
        let limit = ContinuousClock.now + .milliseconds(100)
        while SignalState.of(pid)?.isPending(number) == true, ContinuousClock.now < limit { usleep(1_000) }
    }

    private func start() {
        let started = command.withArguments { arguments in
            invocation.descriptors.withUnsafeBufferPointer { kept in
                var start = cposix_start(
                    arguments: arguments, group: getpgid(guardian), mask: invocation.mask,
                    ignored: invocation.ignored,
                    kept: kept.baseAddress, kept_count: Int32(kept.count), predecessor: guardian
                )
                return cposix_start(&start)
            }
        }
        if started > 0 {
            commandID = started
            herd.command = ProcessStatus(
                pid: started, parent: getpid(), state: "R", command: Array(command.baseName.utf8))
            // Only a process of the session could start the command in it. This one would count as a shell that controls
            // the command as its job, until it ends: then the kernel would hang up the whole group.
            setsid()
            guardLine.send(.started(started))
            invocation.release()
        } else {
            let code = errno
            Voice.standardError.say("\(command.name): \(String(cString: strerror(code)))")
            ending = .code((code == ENOENT ? ExitStatus.notFound : .notExecutable).rawValue)
        }
    }

    /// What is left below this process, to be shown.
    private var leftovers: String {
        let left = herd.members
        guard !left.isEmpty else { return "processes running that /proc does not show" }
        let some = left.prefix(5).map { "\($0.pid) (\(Printable.text($0.name)))" }.joined(separator: ", ")
        return "\(left.count) \(left.count == 1 ? "process" : "processes") running, "
            + "\(some)\(left.count > 5 ? ", …" : "")"
    }

    /// Tells the sidecar that the run is over, and the guardian how.
    private func leave() -> Never {
        link.finish()
        let deadline = ContinuousClock.now + .seconds(2)
        while case .running = link.look(), ContinuousClock.now < deadline {
            var entry = pollfd(fd: link.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, 100)
        }
        switch ending {
        case .command(let status): tellGuardian(.ended(status))
        case .code(let code): tellGuardian(.leaving(code))
        case nil: break
        }
        Voice.standardError.finish()
        // Not `exit`: other threads are still at work, and nothing is left to be written.
        _exit(0)
    }

    /// Says the last word to the guardian, which may have stood still for so long that there is no room for it, and sees
    /// to it that it hears it.
    private func tellGuardian(_ message: GuardLine.Message) {
        let limit = ContinuousClock.now + .seconds(1)
        while !guardLine.send(message), ContinuousClock.now < limit {
            continueGuardian()
            usleep(1_000)
        }
        continueGuardian()
    }

    /// Also where it does not stand still yet: it may be about to.
    private func continueGuardian() {
        if isGuarded { kill(guardian, SIGCONT) }
    }
}
