internal import EmergencyStop
internal import EmergencyStopCore
internal import Glibc
internal import Resilience

/// Decides what happens to a command that is run under the emergency stop: events and the time in, actions out.
struct Supervision {
    enum Event: Hashable {
        /// The workflow may not run yet; this is what holds.
        case waits(StatusReport)
        /// The run is registered; this is what holds for it, first of all or since it changed.
        case status(StatusReport)
        /// The command has ended, with the status that `wait` gave; others that it started may still be there.
        case commandEnded(Int32)
        /// The command stands still by this signal, and it was not told to from here: a terminal's Ctrl-Z, as a rule.
        case commandStopped(by: Int32 = SIGTSTP)
        /// The command goes on: somebody has continued it, from here or from elsewhere.
        case commandContinued
        /// Whether anything is left, the command included.
        case processesLeft(Bool)
        /// Somebody sent a signal that is the command's, and whether the command does not end by it.
        case signal(Int32, isHandled: Bool = false)
        /// One that the command has got by itself: a terminal's interrupt, or what was sent to the group or cgroup.
        case shared(Int32, isHandled: Bool = false)
        /// The process that was started by the user is gone.
        case guardianGone
        case time
    }

    enum Action: Hashable {
        case start
        /// Leave the run, in which nothing has been started, and wait for go again.
        case withdraw
        /// SIGTERM to all, and SIGCONT; again, to those that have lost their parent since.
        case terminate
        /// SIGKILL to all, frozen first.
        case kill
        /// SIGSTOP to all that run.
        case suspend
        /// SIGCONT to all that were suspended.
        case resume
        /// SIGCONT to those of them that stand still anew.
        case resumeAnew
        /// A signal for the command alone, with SIGCONT where it is to be heard at once.
        case signal(Int32, waking: Bool)
        /// Have the guardian stand still like the command, or before there is one, so that a shell sees it.
        case followStop
        /// Have the guardian go on like the command.
        case followContinuing
        case say(String)
        /// Name those that are left after the command.
        case sayLeftovers
        /// Name those that are left after SIGKILL.
        case sayUnkilled
        /// All is over: end as the command has ended.
        case finish(Ending)
    }

    /// How the whole thing ends.
    enum Ending: Hashable {
        /// As `wait` told of the command.
        case command(Int32)
        /// With a code of this program's.
        case code(Int32)
    }

    private static let settlingTime = Duration.seconds(2)

    private enum Phase: Hashable {
        case waiting
        case running
        case paused
        /// Asked to end; at this time it is made to.
        case ending(killAt: ContinuousClock.Instant)
        case over
    }

    let name: String
    /// How long the command has to end by itself after a stop.
    let grace: Duration
    /// Whether a pause or a stop before the start is waited out.
    let waitsForGo: Bool
    /// The signals that a process is asked to end with and that are not ignored here.
    let endingSignals: Set<Int32>

    private var phase = Phase.waiting
    private var commandStatus: Int32?
    private var endedAt: ContinuousClock.Instant?
    private var hasSaidLeftovers = false
    private var hasSaidKill = false
    private var hasSaidUnkilled = false
    /// Whether the command was ended by the emergency stop, or by what must be taken for it.
    private var wasStopped = false
    /// Until when a process that was paused may still come to know that its child was, and stand still as the child did:
    /// `su`, `sudo` and `script` do, and nobody else would continue them.
    private var settlesUntil: ContinuousClock.Instant?

    init(name: String, grace: Duration, waitsForGo: Bool = false, endingSignals: Set<Int32> = Signals.ending) {
        self.name = name
        self.grace = grace
        self.waitsForGo = waitsForGo
        self.endingSignals = endingSignals
    }

    /// When to come again with the time, if nothing else happens.
    func nextLook(at now: ContinuousClock.Instant) -> Duration {
        switch phase {
        case .running where isSettling(now): .milliseconds(50)
        case .waiting, .running:
            commandStatus != nil && !hasSaidLeftovers ? .milliseconds(200) : .seconds(1)
        // Someone else may continue what is paused.
        case .paused: .milliseconds(500)
        // What may not be signalled may take its time; the end of a child is heard.
        case .ending(let killAt): .milliseconds(now - killAt < .seconds(3) ? 50 : 500)
        case .over: .seconds(1)
        }
    }

    /// What is to be done is done before anything is said.
    mutating func handle(_ event: Event, at now: ContinuousClock.Instant) -> [Action] {
        switch event {
        case .waits(let report): phase == .waiting ? [.say("waiting for go: \(Self.why(report))")] : []
        case .status(let report): status(report, now)
        case .commandEnded(let status): commandEnded(status, now)
        case .commandStopped(let number): commandStopped(number, now)
        // Where it is paused, the time brings it to a stop again.
        case .commandContinued: phase == .paused ? [] : [.followContinuing]
        case .processesLeft(let isAnyLeft): processesLeft(isAnyLeft, now)
        case .signal(let number, let isHandled): signal(number, isHandled, now)
        case .shared(let number, let isHandled): sharedSignal(number, isHandled, now)
        case .guardianGone: guardianGone(now)
        case .time: time(now)
        }
    }

    private mutating func status(_ report: StatusReport, _ now: ContinuousClock.Instant) -> [Action] {
        switch (phase, report.status) {
        case (.waiting, .go):
            phase = .running
            return [.start]
        case (.waiting, _):
            // It came after the go that the run was registered under.
            if waitsForGo { return [.withdraw, .say("waiting for go: \(Self.why(report))")] }
            phase = .over
            return [.finish(.code(ExitStatus.notAllowed.rawValue)), .say("not started: \(Self.why(report))")]
        case (.running, .pause):
            phase = .paused
            return [.suspend, .say("paused: \(Self.why(report))")]
        case (.paused, .go):
            phase = .running
            settlesUntil = now + Self.settlingTime
            return [.resume, .say("goes on: \(Self.why(report))")]
        case (.running, .stop), (.paused, .stop):
            wasStopped = true
            return end(now) + [.say("stopped: \(Self.why(report))")]
        case (.ending, .stop):
            // A signal may have come before the stop.
            wasStopped = true
            return []
        default: return []
        }
    }

    private mutating func commandStopped(_ number: Int32, _ now: ContinuousClock.Instant) -> [Action] {
        guard phase == .running else { return [] }
        // Who follows a child's stop does so by SIGSTOP; by any other signal it is a terminal's or the command's own.
        if number == SIGSTOP, isSettling(now) { return [.resumeAnew] }
        settlesUntil = nil
        return [.followStop]
    }

    private func isSettling(_ now: ContinuousClock.Instant) -> Bool { settlesUntil.map { now < $0 } ?? false }

    private mutating func commandEnded(_ status: Int32, _ now: ContinuousClock.Instant) -> [Action] {
        commandStatus = status
        endedAt = now
        return []
    }

    private mutating func processesLeft(_ isAnyLeft: Bool, _ now: ContinuousClock.Instant) -> [Action] {
        guard phase != .over, let commandStatus else { return [] }
        guard isAnyLeft else {
            phase = .over
            // The command may have ended well for itself; for who waits for it, it has not done what it was to do.
            return [
                .finish(
                    wasStopped && commandStatus == 0 ? .code(ExitStatus.notAllowed.rawValue) : .command(commandStatus))
            ]
        }
        if let endedAt, now - endedAt >= .seconds(1), !hasSaidLeftovers {
            hasSaidLeftovers = true
            return [.sayLeftovers]
        }
        return []
    }

    private mutating func signal(_ number: Int32, _ isHandled: Bool, _ now: ContinuousClock.Instant) -> [Action] {
        switch phase {
        case .waiting:
            guard endingSignals.contains(number) else {
                return Signals.stopping.contains(number) ? [.followStop] : []
            }
            phase = .over
            return [.finish(.command(number))]
        // What the command has left behind cannot be asked by a signal to the command.
        case .running where commandStatus != nil, .paused where commandStatus != nil:
            return endingSignals.contains(number) ? end(now) : []
        case .running:
            if Signals.stopping.contains(number) { settlesUntil = nil }
            return [.signal(number, waking: false)]
        case .paused:
            // Only go has it go on.
            if number == SIGCONT { return [] }
            guard endsPaused(number, isHandled) else { return [.signal(number, waking: false)] }
            return [.signal(number, waking: true)] + end(now)
        case .ending: return commandStatus == nil ? [.signal(number, waking: true)] : []
        case .over: return []
        }
    }

    private mutating func sharedSignal(_ number: Int32, _ isHandled: Bool, _ now: ContinuousClock.Instant) -> [Action] {
        switch phase {
        case .waiting: return signal(number, isHandled, now)
        case .running:
            if commandStatus != nil { return signal(number, isHandled, now) }
            if Signals.stopping.contains(number) { settlesUntil = nil }
            return []
        case .paused: return endsPaused(number, isHandled) ? end(now) : []
        default: return []
        }
    }

    /// Who ends a paused command wants it to end, and it must not do anything else. But what a command handles and is
    /// no more than a request to read its files again, say, waits for go, as it would without estopctl.
    private func endsPaused(_ number: Int32, _ isHandled: Bool) -> Bool {
        endingSignals.contains(number) && !(isHandled && Signals.reused.contains(number))
    }

    private mutating func guardianGone(_ now: ContinuousClock.Instant) -> [Action] {
        switch phase {
        case .waiting:
            phase = .over
            return [.finish(.code(ExitStatus.notAllowed.rawValue))]
        case .running, .paused:
            wasStopped = true
            return end(now) + [.say("stopped: the process that was started as estopctl is gone")]
        default: return []
        }
    }

    private mutating func time(_ now: ContinuousClock.Instant) -> [Action] {
        switch phase {
        case .paused: return [.suspend]
        case .running where isSettling(now): return [.resumeAnew]
        case .ending(let killAt) where now < killAt: return [.terminate]
        case .ending(let killAt):
            if !hasSaidKill {
                hasSaidKill = true
                return [.kill, .say("SIGKILL: it did not end within \(grace.readable) of SIGTERM")]
            }
            guard !hasSaidUnkilled, now - killAt >= .seconds(2) else { return [.kill] }
            hasSaidUnkilled = true
            return [.kill, .sayUnkilled]
        default: return []
        }
    }

    private mutating func end(_ now: ContinuousClock.Instant) -> [Action] {
        phase = .ending(killAt: now + grace)
        return [.terminate]
    }

    private static func why(_ report: StatusReport) -> String {
        StatusRecord(report).sentence
    }
}
