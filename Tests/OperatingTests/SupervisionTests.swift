import EmergencyStop
import EmergencyStopCore
import EmergencyStopSystem
import Glibc
import Testing

@testable import Operating

@Suite("Supervision of a command")
struct SupervisionTests {
    private let start = ContinuousClock.now

    private func report(_ status: WorkflowStatus) -> StatusReport {
        StatusReport(name: "A", status: status, cause: .listed, reason: "INC")
    }

    private func running() -> Supervision {
        var supervision = Supervision(name: "A", grace: .seconds(10))
        #expect(supervision.handle(.status(report(.go)), at: start) == [.start])
        return supervision
    }

    private func paused() -> Supervision {
        var supervision = running()
        let actions = supervision.handle(.status(report(.pause)), at: start)
        #expect(actions == [.suspend, .say("paused: pause A (listed): INC")])
        return supervision
    }

    private let exited7: Int32 = 7 << 8

    @Test("a command that ends gives its own status, once nothing is left of it")
    func ending() {
        var supervision = running()
        #expect(supervision.handle(.commandEnded(exited7), at: start) == [])
        #expect(supervision.handle(.processesLeft(true), at: start) == [])
        #expect(supervision.handle(.processesLeft(false), at: start) == [.finish(.command(exited7))])
        #expect(supervision.handle(.processesLeft(false), at: start) == [])
    }

    /// Said when the grace is over.
    private let killed = Supervision.Action.say("SIGKILL: it did not end within 10 s of SIGTERM")

    @Test("a stop asks all to end, and makes them end after the grace")
    func stop() {
        var supervision = running()
        #expect(
            supervision.handle(.status(report(.stop)), at: start) == [
                .terminate, .say("stopped: stop A (listed): INC"),
            ])
        #expect(supervision.handle(.time, at: start + .seconds(9)) == [.terminate])
        #expect(supervision.handle(.time, at: start + .seconds(10)) == [.kill, killed])
        // A later go takes nothing back.
        #expect(supervision.handle(.status(report(.go)), at: start + .seconds(11)) == [])
        #expect(supervision.handle(.time, at: start + .seconds(11)) == [.kill])
        _ = supervision.handle(.commandEnded(SIGKILL), at: start + .seconds(11))
        #expect(supervision.handle(.processesLeft(false), at: start + .seconds(11)) == [.finish(.command(SIGKILL))])
    }

    @Test("what SIGKILL has not ended is named once")
    func unkilled() {
        var supervision = running()
        _ = supervision.handle(.status(report(.stop)), at: start)
        #expect(supervision.handle(.time, at: start + .seconds(11)) == [.kill, killed])
        #expect(supervision.handle(.time, at: start + .seconds(12)) == [.kill, .sayUnkilled])
        #expect(supervision.handle(.time, at: start + .seconds(13)) == [.kill])
    }

    @Test("a command that ends well after a stop has not done what it was to do")
    func successAfterStop() {
        var supervision = running()
        _ = supervision.handle(.status(report(.stop)), at: start)
        _ = supervision.handle(.commandEnded(0), at: start)
        #expect(supervision.handle(.processesLeft(false), at: start) == [.finish(.code(75))])
    }

    @Test("pause has all stand still, go has them go on")
    func pause() {
        var supervision = paused()
        // Somebody may have continued it.
        #expect(supervision.handle(.time, at: start + .seconds(1)) == [.suspend])
        #expect(
            supervision.handle(.status(report(.go)), at: start + .seconds(2))
                == [.resume, .say("goes on: go A (listed): INC")])
        #expect(supervision.handle(.time, at: start + .seconds(4)) == [])
    }

    @Test("who stands still anew after a pause, as its child did, is continued; who is stopped by a terminal is not")
    func standingStillAnew() {
        func resumed() -> Supervision {
            var supervision = paused()
            #expect(supervision.handle(.status(report(.go)), at: start).contains(.resume))
            return supervision
        }
        var supervision = resumed()
        #expect(supervision.handle(.time, at: start) == [.resumeAnew])
        #expect(supervision.nextLook(at: start) < .milliseconds(100))
        #expect(supervision.handle(.commandStopped(by: SIGSTOP), at: start + .seconds(1)) == [.resumeAnew])
        #expect(supervision.handle(.time, at: start + .seconds(1)) == [.resumeAnew])
        // Later it is somebody else's doing.
        #expect(supervision.handle(.time, at: start + .seconds(2)) == [])
        #expect(supervision.handle(.commandStopped(by: SIGSTOP), at: start + .seconds(2)) == [.followStop])
        for event: Supervision.Event in [.commandStopped(by: SIGTTIN), .shared(SIGTSTP), .signal(SIGTSTP)] {
            var supervision = resumed()
            _ = supervision.handle(event, at: start)
            #expect(supervision.handle(.time, at: start) == [])
            #expect(supervision.handle(.commandStopped(by: SIGSTOP), at: start) == [.followStop])
        }
        var pausedAgain = resumed()
        _ = pausedAgain.handle(.status(report(.pause)), at: start)
        #expect(pausedAgain.handle(.commandStopped(by: SIGSTOP), at: start) == [])
        #expect(pausedAgain.handle(.time, at: start) == [.suspend])
    }

    @Test("a stop reaches what is paused at once")
    func stopWhilePaused() {
        var supervision = paused()
        #expect(supervision.handle(.status(report(.stop)), at: start).first == .terminate)
    }

    @Test("signals are passed on while the command runs")
    func signals() {
        var supervision = running()
        #expect(supervision.handle(.signal(SIGTERM), at: start) == [.signal(SIGTERM, waking: false)])
        #expect(supervision.handle(.signal(SIGUSR1), at: start) == [.signal(SIGUSR1, waking: false)])
        // The kernel has given the terminal's to the command itself.
        #expect(supervision.handle(.shared(SIGINT), at: start) == [])
    }

    @Test("a signal that ends a paused command wakes it and gives it no more than the grace")
    func signalWhilePaused() {
        var supervision = paused()
        #expect(supervision.handle(.signal(SIGUSR1), at: start) == [.signal(SIGUSR1, waking: false)])
        #expect(supervision.handle(.signal(SIGTERM), at: start) == [.signal(SIGTERM, waking: true), .terminate])
        #expect(supervision.handle(.time, at: start + .seconds(10)) == [.kill, killed])
        var interrupted = paused()
        #expect(interrupted.handle(.shared(SIGINT), at: start) == [.terminate])
    }

    @Test("a reload waits for go where the command handles it, a request to end does not", arguments: [true, false])
    func handledWhilePaused(isFromTerminal: Bool) {
        func event(_ number: Int32) -> Supervision.Event {
            isFromTerminal ? .shared(number, isHandled: true) : .signal(number, isHandled: true)
        }
        for number in [SIGHUP, SIGQUIT] {
            var supervision = paused()
            #expect(
                supervision.handle(event(number), at: start)
                    == (isFromTerminal ? [] : [.signal(number, waking: false)]))
            #expect(supervision.handle(.time, at: start + .seconds(60)) == [.suspend])
        }
        for number in [SIGTERM, SIGINT] {
            var supervision = paused()
            #expect(supervision.handle(event(number), at: start).last == .terminate)
            #expect(supervision.handle(.time, at: start + .seconds(10)) == [.kill, killed])
        }
    }

    @Test("what the command left hears no signal that was for the command, whose number may be another's")
    func signalToLeftovers() {
        var supervision = running()
        _ = supervision.handle(.commandEnded(0), at: start)
        #expect(supervision.handle(.signal(SIGUSR1), at: start) == [])
        #expect(supervision.handle(.status(report(.pause)), at: start).first == .suspend)
        #expect(supervision.handle(.signal(SIGUSR1), at: start) == [])
        #expect(supervision.handle(.signal(SIGHUP), at: start) == [.terminate])
        #expect(supervision.handle(.signal(SIGTERM), at: start) == [])
    }

    @Test("a signal before the start ends the waiting", arguments: [true, false])
    func signalBeforeStart(isFromTerminal: Bool) {
        var supervision = Supervision(name: "A", grace: .seconds(10))
        let event = isFromTerminal ? Supervision.Event.shared(SIGINT) : .signal(SIGINT)
        #expect(supervision.handle(event, at: start) == [.finish(.command(SIGINT))])
        #expect(supervision.handle(.status(report(.go)), at: start) == [])
    }

    @Test("a signal that is ignored ends nothing, neither what waits nor what is paused, and is passed on")
    func ignoredSignals() {
        var supervision = Supervision(name: "A", grace: .seconds(10), endingSignals: [SIGTERM])
        #expect(supervision.handle(.signal(SIGHUP), at: start) == [])
        _ = supervision.handle(.status(report(.go)), at: start)
        _ = supervision.handle(.status(report(.pause)), at: start)
        #expect(supervision.handle(.signal(SIGHUP), at: start) == [.signal(SIGHUP, waking: false)])
        #expect(supervision.handle(.shared(SIGINT), at: start) == [])
        #expect(supervision.handle(.time, at: start) == [.suspend])
    }

    @Test("a command that stands still by itself takes the guardian with it, a paused one does not and stays paused")
    func standingStill() {
        var supervision = running()
        #expect(supervision.handle(.commandStopped(), at: start) == [.followStop])
        #expect(supervision.handle(.signal(SIGCONT), at: start) == [.signal(SIGCONT, waking: false)])
        #expect(supervision.handle(.commandContinued, at: start) == [.followContinuing])
        var paused = paused()
        #expect(paused.handle(.commandContinued, at: start) == [])
        #expect(paused.handle(.commandStopped(), at: start) == [])
        #expect(paused.handle(.signal(SIGCONT), at: start) == [])
    }

    @Test("what is waited for is told until the command starts")
    func waits() {
        var supervision = Supervision(name: "A", grace: .seconds(10))
        #expect(
            supervision.handle(.waits(report(.pause)), at: start) == [.say("waiting for go: pause A (listed): INC")])
        _ = supervision.handle(.status(report(.go)), at: start)
        #expect(supervision.handle(.waits(report(.pause)), at: start) == [])
    }

    @Test(
        "a pause or a stop that comes between the go and the start ends it with 75",
        arguments: [.pause, .stop] as [WorkflowStatus])
    func notGo(status: WorkflowStatus) {
        var supervision = Supervision(name: "A", grace: .seconds(10))
        #expect(
            supervision.handle(.status(report(status)), at: start) == [
                .finish(.code(75)), .say("not started: \(status) A (listed): INC"),
            ])
        #expect(supervision.handle(.status(report(.go)), at: start) == [])
    }

    @Test(
        "a pause or a stop that comes between the go and the start is waited out where go is waited for",
        arguments: [.pause, .stop] as [WorkflowStatus])
    func notGoYet(status: WorkflowStatus) {
        var supervision = Supervision(name: "A", grace: .seconds(10), waitsForGo: true)
        for _ in 0..<2 {
            #expect(
                supervision.handle(.status(report(status)), at: start) == [
                    .withdraw, .say("waiting for go: \(status) A (listed): INC"),
                ])
        }
        #expect(supervision.handle(.status(report(.go)), at: start) == [.start])
    }

    @Test("when the guardian is gone the command is ended, as by a stop")
    func guardian() {
        var supervision = paused()
        #expect(supervision.handle(.guardianGone, at: start).first == .terminate)
        _ = supervision.handle(.commandEnded(0), at: start)
        #expect(supervision.handle(.processesLeft(false), at: start) == [.finish(.code(75))])
        var waiting = Supervision(name: "A", grace: .seconds(10))
        #expect(waiting.handle(.guardianGone, at: start) == [.finish(.code(75))])
    }

    @Test("what a command leaves behind is named once, and hears pause, stop and signals")
    func leftovers() {
        var supervision = running()
        _ = supervision.handle(.commandEnded(0), at: start)
        #expect(supervision.handle(.processesLeft(true), at: start + .milliseconds(500)) == [])
        #expect(supervision.handle(.processesLeft(true), at: start + .seconds(1)) == [.sayLeftovers])
        #expect(supervision.handle(.processesLeft(true), at: start + .seconds(2)) == [])
        #expect(supervision.handle(.status(report(.pause)), at: start + .seconds(3)).first == .suspend)
        #expect(supervision.handle(.status(report(.go)), at: start + .seconds(4)).first == .resume)
        #expect(supervision.handle(.shared(SIGINT), at: start + .seconds(5)) == [.terminate])
        #expect(supervision.handle(.processesLeft(false), at: start + .seconds(6)) == [.finish(.command(0))])
    }
}

@Suite("The process tree")
struct ProcessTreeTests {
    @Test("all generations are found, the ended are not")
    func generations() {
        func process(_ pid: pid_t, _ parent: pid_t, _ state: Character = "S") -> ProcessStatus {
            ProcessStatus(pid: pid, parent: parent, state: state, command: [])
        }
        let all = [process(1, 0), process(2, 1), process(3, 2), process(4, 3, "Z"), process(5, 4), process(6, 1)]
        #expect(Set(ProcessTree.descendants(of: 2, among: all).map(\.pid)) == [3, 5])
    }
}
