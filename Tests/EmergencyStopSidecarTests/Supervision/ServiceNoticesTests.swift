import EmergencyStopCore
import EmergencyStopSidecar
import Testing

@Suite("What the service manager is told")
struct ServiceNoticesTests {
    private let start = ContinuousClock.now
    private var notices = ServiceNotices(feedsWatchdog: true, reloadLimit: .seconds(20))

    private func look(
        isOpen: Bool = true, isStuck: Bool = false, satisfied: UInt64 = 0, _ summary: String = "well"
    ) -> ServiceNotices.Look {
        ServiceNotices.Look(
            isOpen: isOpen, isStuck: isStuck, satisfied: ReadRequest(number: satisfied), summary: summary
        )
    }

    /// What is told, and sent, at so many seconds.
    private mutating func tell(_ look: ServiceNotices.Look, at seconds: Int = 0) -> [String] {
        defer { notices.noteSent() }
        return (notices.message(look, at: start + .seconds(seconds)) ?? "").split(separator: "\n").map(String.init)
    }

    @Test("readiness waits for the first answer, and is told once")
    mutating func readiness() {
        #expect(notices.isAwaited)
        #expect(tell(look(isOpen: false, "waiting")) == ["STATUS=waiting", "WATCHDOG=1"])
        #expect(tell(look()) == ["READY=1", "STATUS=well", "WATCHDOG=1"])
        #expect(!notices.isAwaited)
        #expect(tell(look()) == ["WATCHDOG=1"])
        #expect(tell(look("worse")) == ["STATUS=worse", "WATCHDOG=1"])
    }

    @Test("what could not be sent is said again")
    mutating func loss() {
        #expect(notices.message(look(), at: start) == "READY=1\nSTATUS=well\nWATCHDOG=1")
        #expect(notices.isAwaited)
        #expect(tell(look("newer")) == ["READY=1", "STATUS=newer", "WATCHDOG=1"])
        _ = notices.beginReload(ReadRequest(number: 1), at: start, monotonic: MonotonicInstant(nanoseconds: 1))
        #expect(notices.message(look(satisfied: 1, "newer"), at: start) == "READY=1\nWATCHDOG=1")
        #expect(tell(look(satisfied: 1, "newer")) == ["READY=1", "WATCHDOG=1"])
        #expect(tell(look(satisfied: 1, "newer")) == ["WATCHDOG=1"])
    }

    @Test("a stuck source gives no sign of life, and one again when it has come back")
    mutating func watchdog() {
        #expect(tell(look()).contains("WATCHDOG=1"))
        #expect(tell(look(isStuck: true)) == [])
        #expect(tell(look(isStuck: true, "stale")) == ["STATUS=stale"])
        #expect(tell(look("well")).contains("WATCHDOG=1"))
    }

    @Test("where no sign of life is expected there is none, and nothing is told twice")
    mutating func withoutWatchdog() {
        notices = ServiceNotices(feedsWatchdog: false, reloadLimit: .seconds(20))
        #expect(tell(look()) == ["READY=1", "STATUS=well"])
        #expect(notices.message(look(), at: start) == nil)
    }

    @Test("a reload ends with the read that it asked for")
    mutating func reload() {
        _ = tell(look())
        let first = notices.beginReload(
            ReadRequest(number: 2), at: start, monotonic: MonotonicInstant(nanoseconds: 5_000_000_999)
        )
        #expect(first == "RELOADING=1\nMONOTONIC_USEC=5000000")
        #expect(notices.isAwaited)
        #expect(tell(look(satisfied: 1)) == ["WATCHDOG=1"])
        #expect(tell(look(satisfied: 2)) == ["READY=1", "WATCHDOG=1"])
        #expect(!notices.isAwaited)
    }

    @Test("a reload that does not settle ends with the time, and the status says why")
    mutating func slowReload() {
        _ = tell(look())
        _ = notices.beginReload(ReadRequest(number: 1), at: start, monotonic: MonotonicInstant(nanoseconds: 0))
        #expect(tell(look(), at: 19) == ["WATCHDOG=1"])
        #expect(tell(look("stale"), at: 20) == ["READY=1", "STATUS=stale", "WATCHDOG=1"])
        #expect(tell(look("stale"), at: 21) == ["WATCHDOG=1"])
    }

    @Test("a reload before readiness is over with it")
    mutating func earlyReload() {
        _ = notices.beginReload(ReadRequest(number: 1), at: start, monotonic: MonotonicInstant(nanoseconds: 0))
        #expect(tell(look(isOpen: false)) == ["STATUS=well", "WATCHDOG=1"])
        #expect(tell(look(satisfied: 1)) == ["READY=1", "WATCHDOG=1"])
        #expect(!notices.isAwaited)
    }

    @Test("no text forges a message of its own")
    mutating func forgery() {
        #expect(tell(look("a\nREADY=1\u{7}b"))[1] == "STATUS=a READY=1 b")
    }

    @Test(
        "a reader is stuck when it waits or handles for too long, and never inside a file system",
        arguments: [
            (ReaderActivity.Phase.idle, true), (.waiting, true), (.handling, true), (.reading, false),
        ])
    func stuckReader(phase: ReaderActivity.Phase, isStuck: Bool) {
        let activity = ReaderActivity(phase: phase, since: start)
        #expect(!activity.isStuck(at: start + .seconds(20), patience: .seconds(20)))
        #expect(activity.isStuck(at: start + .seconds(21), patience: .seconds(20)) == isStuck)
    }
}
