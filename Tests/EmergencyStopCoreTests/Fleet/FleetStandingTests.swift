import EmergencyStopCore
import Testing

/// Whether a fleet file, and a host's leave, may be believed.
struct FleetStandingTests {
    private static let boot = "0f2c5a1e-8d3b-4c6f-9a7e-112233445566"

    private func standing(
        verifiedAt: Int64, at now: Int64, of fileBoot: String = boot, in boot: String = boot
    ) -> FleetStanding {
        FleetHeader(
            fleet: "prod", epoch: "e", revision: 1, verifiedAt: MonotonicInstant(nanoseconds: verifiedAt),
            boot: fileBoot
        ).standing(boot: boot, now: MonotonicInstant(nanoseconds: now), lease: .nanoseconds(10))
    }

    @Test func transcript() {
        let end = FleetStanding.live(until: MonotonicInstant(nanoseconds: 110))
        #expect(standing(verifiedAt: 100, at: 99) == .stale(.inTheFuture))
        #expect(standing(verifiedAt: 100, at: 100) == end)
        #expect(standing(verifiedAt: 100, at: 109) == end)
        #expect(standing(verifiedAt: 100, at: 110) == .stale(.tooOld))
        #expect(standing(verifiedAt: 100, at: .max) == .stale(.tooOld))
        #expect(standing(verifiedAt: .max, at: 100) == .stale(.inTheFuture))
        // No addition overflows into a longer life.
        #expect(standing(verifiedAt: .max - 1, at: .max - 1) == .live(until: MonotonicInstant(nanoseconds: .max)))
        #expect(standing(verifiedAt: 0, at: 0) == .live(until: MonotonicInstant(nanoseconds: 10)))
    }

    @Test func anotherBootIsStaleHoweverFreshItLooks() {
        #expect(standing(verifiedAt: 100, at: 100, of: "1" + Self.boot.dropFirst()) == .stale(.otherBoot))
        // What is not known is not the same, even if neither is.
        for unknown in ["", "-", "boot", String(Self.boot.dropLast()), Self.boot + "0"] {
            #expect(standing(verifiedAt: 100, at: 100, of: Self.boot, in: unknown) == .stale(.otherBoot))
            #expect(standing(verifiedAt: 100, at: 100, of: unknown, in: unknown) == .stale(.otherBoot))
        }
    }

    @Test func theKernelAndSystemdSpellABootDifferently() {
        let bare = String(Self.boot.filter { $0 != "-" })
        #expect(standing(verifiedAt: 100, at: 100, in: bare) == .live(until: MonotonicInstant(nanoseconds: 110)))
        #expect(
            standing(verifiedAt: 100, at: 100, in: bare.uppercased())
                == .live(until: MonotonicInstant(nanoseconds: 110)))
    }

    @Test func aLeaveHoldsUpToItsEndInItsBootAlone() throws {
        let leave = FleetLeave(
            until: MonotonicInstant(nanoseconds: 100), boot: Self.boot, reason: "etcd is \"down\"", by: "ada")
        #expect(try FleetLeave(parsing: leave.text) == leave)
        #expect(leave.holds(boot: Self.boot, at: MonotonicInstant(nanoseconds: 99)))
        #expect(!leave.holds(boot: Self.boot, at: MonotonicInstant(nanoseconds: 100)))
        #expect(!leave.holds(boot: "", at: MonotonicInstant(nanoseconds: 99)))
        let forever = FleetLeave(until: MonotonicInstant(nanoseconds: .max), boot: Self.boot, reason: "r", by: "b")
        #expect(!forever.holds(boot: Self.boot, at: MonotonicInstant(nanoseconds: 99)))
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"Until":"1","Boot":"b","Reason":"r"}"#,
        #"{"Until":1,"Boot":"b","Reason":"r","By":"a"}"#,
        #"{"Until":"1","Boot":"b","Reason":"","By":"a"}"#, #"{"Until":"-1","Boot":"b","Reason":"r","By":"a"}"#,
        #"{"Until":"1","Boot":"b","Reason":"r","By":"a"}{"#, #"{"Until":"1","Boot":"b","Reason":"r","By":"a"#,
        #"{"Until":"1","Until":"2","Boot":"b","Reason":"r","By":"a"}"#,
        #"{"Until":"1","Boot":"b","Reason":"r","By":"a","More":"m"}"#,
    ])
    func aLeaveThatIsNotExactlyOneIsNone(text: String) {
        #expect(throws: Diagnostic.self) { try FleetLeave(parsing: Array(text.utf8)) }
    }
}
