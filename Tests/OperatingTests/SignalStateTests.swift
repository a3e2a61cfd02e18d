import Glibc
import Testing

@testable import Operating

@Suite("What a process makes of signals")
struct SignalStateTests {
    /// Signal 20 is SIGTSTP, the bit 0x80000.
    private func state(
        _ state: String, pending: String = "0000000000000000", shared: String = "0000000000000000",
        blocked: String = "0000000000000000", ignored: String = "0000000000000000", caught: String = "0000000000000000"
    ) -> SignalState {
        SignalState(
            status: """
                Name:\tSigCgt: 1
                Umask:\t0022
                State:\t\(state)
                Tgid:\t42
                SigQ:\t1/96206
                SigPnd:\t\(pending)
                ShdPnd:\t\(shared)
                SigBlk:\t\(blocked)
                SigIgn:\t\(ignored)
                SigCgt:\t\(caught)
                CapInh:\t0000000000000000

                """)
    }

    private let suspend = "0000000000080000"

    @Test("a stopped process stands still, one that is traced, ended or runs does not")
    func states() {
        #expect(state("T (stopped)").standsStill)
        for other in ["R (running)", "S (sleeping)", "D (disk sleep)", "t (tracing stop)", "Z (zombie)", "X (dead)"] {
            #expect(!state(other).standsStill)
            #expect(!state(other).isAboutToStandStill)
        }
    }

    @Test("a stop that has not been taken yet: the terminal may still be read")
    func pending() {
        for isShared in [false, true] {
            let due = state(
                "S (sleeping)", pending: isShared ? "0000000000000000" : suspend,
                shared: isShared ? suspend : "0000000000000000")
            #expect(due.isAboutToStandStill)
            #expect(due.isPending(SIGTSTP))
            #expect(!due.isPending(SIGHUP))
            #expect(!due.standsStill)
        }
        #expect(state("R (running)", shared: "0000000000200000").isAboutToStandStill, "SIGTTOU")
        #expect(!state("R (running)", shared: "0000000000020000").isAboutToStandStill, "SIGCONT")
    }

    @Test("a stop that is blocked, ignored or caught brings nothing to a stop")
    func taken() {
        #expect(!state("S (sleeping)", shared: suspend, blocked: suspend).isAboutToStandStill)
        #expect(!state("S (sleeping)", shared: suspend, ignored: suspend).isAboutToStandStill)
        #expect(!state("S (sleeping)", shared: suspend, caught: suspend).isAboutToStandStill)
    }

    @Test("one that waits for what it has started by vfork stands still, also with its signals blocked")
    func vfork() {
        #expect(state("D (disk sleep)", shared: suspend).standsStill)
        #expect(state("D (disk sleep)", shared: suspend, blocked: "fffffffe7ffbfeff").standsStill)
        #expect(!state("D (disk sleep)", shared: suspend, caught: suspend).standsStill)
    }

    @Test("a signal that is caught, ignored or read from a descriptor does not end, one in a vfork may")
    func handled() {
        let hangUp = "0000000000000001"
        #expect(!state("S (sleeping)").isHandled(SIGHUP))
        #expect(state("T (stopped)", caught: hangUp).isHandled(SIGHUP))
        #expect(state("S (sleeping)", ignored: hangUp).isHandled(SIGHUP))
        #expect(state("S (sleeping)", blocked: hangUp).isHandled(SIGHUP))
        #expect(!state("S (sleeping)", caught: hangUp).isHandled(SIGINT))
        #expect(!state("D (disk sleep)", blocked: "fffffffe7ffbfeff").isHandled(SIGHUP))
    }

    @Test("the state of a real process, and none where there is none")
    func real() throws {
        let own = try #require(SignalState.of(getpid()))
        #expect(!own.standsStill)
        #expect(SignalState.of(pid_t.max) == nil)
    }
}
