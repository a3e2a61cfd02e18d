import EmergencyStopCore
import Testing

@Suite struct `A lease` {
    private func instant(_ seconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: seconds * 1_000_000_000)
    }

    @Test func `covers the time up to its end`() {
        var lease = Lease.none
        #expect(!lease.covers(instant(0)))
        lease.extend(to: instant(10))
        #expect(lease.covers(MonotonicInstant(nanoseconds: 9_999_999_999)))
        #expect(!lease.covers(instant(10)))
    }

    @Test func `never shortens`() {
        var lease = Lease.none
        lease.extend(to: instant(10))
        lease.extend(to: instant(4))
        #expect(lease.end == instant(10))
    }

    @Test func `counts from the sending, for the lesser of its length and what the sidecar has left`() {
        func end(_ timeToLive: Duration) -> MonotonicInstant {
            Lease.end(provedByPingSentAt: instant(5), timeToLive: timeToLive, length: .seconds(10))
        }
        #expect(end(.seconds(20)) == instant(15))
        #expect(end(.seconds(3)) == instant(8))
        #expect(end(.seconds(-3)) == instant(5))
    }

    @Test func `instants do not wrap around`() {
        let far = instant(1).advanced(by: .seconds(Int64.max))
        #expect(far.nanoseconds == .max)
        #expect(instant(-1).advanced(by: .seconds(Int64.min)).nanoseconds == .min)
    }
}
