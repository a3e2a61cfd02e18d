import Resilience
import Testing

/// The transcripts of sony/gobreaker's behaviour, S success, F failure, X excluded.
@Suite struct CircuitBreakerVectorTests {
    @Test func `defaults trip on the sixth failure in a row and clear the counts`() {
        let transcript = BreakerTranscript()
        transcript.run("FFFFF")
        transcript.expect(.closed, [5, 0, 5, 0, 0, 5])
        transcript.run("S")
        transcript.expect(.closed, [6, 1, 5, 0, 1, 0])
        transcript.run("F")
        transcript.expect(.closed, [7, 1, 6, 0, 0, 1])
        transcript.run("FFFFF")
        transcript.expect(.open)
    }

    @Test func `open lasts its timeout to the nanosecond, then a probe decides`() {
        let transcript = BreakerTranscript()
        transcript.run("FFFFFF")
        transcript.expectRejection(.open, retryAfter: .seconds(60))
        transcript.expectRejection(.open, retryAfter: .seconds(60))
        transcript.expect(.open)
        transcript.clock.advance(by: .milliseconds(59_999))
        transcript.expect(.open)
        transcript.expectRejection(.open, retryAfter: .milliseconds(1))
        transcript.clock.advance(by: .nanoseconds(999_999))
        transcript.expect(.open)
        transcript.clock.advance(by: .nanoseconds(1))
        transcript.expect(.halfOpen)
        transcript.run("F")
        transcript.expect(.open)
        transcript.clock.advance(by: .seconds(60))
        transcript.expect(.halfOpen)
        transcript.run("S")
        transcript.expect(.closed)
    }

    @Test func `closed counts are cleared when the interval ends`() {
        let transcript = BreakerTranscript(BreakerTranscript.custom)
        transcript.run("SFXSFXSFXSFXSFX")
        transcript.expect(.closed, [15, 5, 5, 5, 0, 1])
        transcript.clock.advance(by: .milliseconds(29_999))
        transcript.run("S")
        transcript.expect(.closed, [16, 6, 5, 5, 1, 0])
        transcript.clock.advance(by: .seconds(1))
        transcript.run("F")
        transcript.expect(.closed, [1, 0, 1, 0, 0, 1])
        transcript.run("SF")
        transcript.expect(.open)
    }

    @Test func `the interval ends at its very last nanosecond, and the next begins when that is noticed`() {
        let transcript = BreakerTranscript(BreakerTranscript.custom)
        transcript.run("S")
        transcript.clock.advance(by: .seconds(30) - .nanoseconds(1))
        transcript.expect(.closed, [1, 1, 0, 0, 1, 0])
        transcript.clock.advance(by: .nanoseconds(1))
        transcript.expect(.closed)
        transcript.run("S")
        transcript.clock.advance(by: .seconds(45))
        transcript.run("F")
        transcript.clock.advance(by: .seconds(29))
        transcript.expect(.closed, [1, 0, 1, 0, 0, 1])
    }

    @Test func `excluded calls take no half-open place for good`() {
        let transcript = BreakerTranscript(BreakerTranscript.custom)
        transcript.toHalfOpen()
        transcript.run("XXXX")
        transcript.expect(.halfOpen, [4, 0, 0, 4, 0, 0])
        transcript.run("F")
        transcript.expect(.open)
    }

    @Test func `half-open admits maxRequests, closes when all succeed`() throws {
        let transcript = BreakerTranscript(BreakerTranscript.custom)
        transcript.toHalfOpen()
        transcript.run("SS")
        transcript.expect(.halfOpen, [2, 2, 0, 0, 2, 0])
        let third = try transcript.breaker.admit()
        transcript.expect(.halfOpen, [3, 2, 0, 0, 2, 0])
        transcript.expectRejection(.halfOpen, retryAfter: .zero)
        third.succeed()
        transcript.expect(.closed)
    }

    @Test func `a body that throws counts once and its error passes through`() async {
        let transcript = BreakerTranscript()
        #expect(throws: BreakerTranscript.Failed.self) {
            try transcript.breaker.execute { throw BreakerTranscript.Failed() }
        }
        transcript.expect(.closed, [1, 0, 1, 0, 0, 1])
        await #expect(throws: BreakerTranscript.Failed.self) {
            try await transcript.breaker.execute { () async throws in
                await Task.yield()
                throw BreakerTranscript.Failed()
            }
        }
        transcript.expect(.closed, [2, 0, 2, 0, 0, 2])
    }

    @Test func `a call of a past interval no longer counts`() throws {
        let transcript = BreakerTranscript(BreakerTranscript.custom)
        transcript.clock.advance(by: .seconds(29))
        transcript.run("S")
        let slow = try transcript.breaker.admit()
        transcript.expect(.closed, [2, 1, 0, 0, 1, 0])
        transcript.clock.advance(by: .seconds(1))
        transcript.expect(.closed)
        slow.succeed()
        transcript.expect(.closed)
    }

    @Test func `countsAsSuccess decides what an error counts as`() {
        let transcript = BreakerTranscript(.init(countsAsSuccess: { _ in true }))
        for _ in 1...5 {
            #expect(throws: BreakerTranscript.Failed.self) {
                try transcript.breaker.execute { throw BreakerTranscript.Failed() }
            }
        }
        transcript.expect(.closed, [5, 5, 0, 0, 5, 0])
    }

    @Test func `negative and zero settings fall back to the defaults`() {
        let transcript = BreakerTranscript(
            .init(maxRequests: 0, interval: .seconds(-30), timeout: .seconds(-90)))
        transcript.run("S")
        transcript.clock.advance(by: .seconds(1_000_000))
        transcript.expect(.closed, [1, 1, 0, 0, 1, 0])
        transcript.run("FFFFFF")
        transcript.expectRejection(.open, retryAfter: .seconds(60))
        transcript.clock.advance(by: .seconds(60))
        transcript.run("S")
        transcript.expect(.closed)
    }

    @Test func `a timeout beyond all time stays open instead of overflowing`() {
        let transcript = BreakerTranscript(.init(timeout: .seconds(Int64.max)))
        transcript.clock.advance(by: .seconds(1))
        transcript.run("FFFFFF")
        transcript.clock.advance(by: .seconds(1_000_000_000))
        transcript.expect(.open)
    }

    @Test func `results that come after the breaker has moved on are ignored`() throws {
        let transcript = BreakerTranscript()
        let lateSuccess = try transcript.breaker.admit()
        let lateFailure = try transcript.breaker.admit()
        transcript.run("FFFFFF")
        transcript.clock.advance(by: .seconds(60))
        transcript.expect(.halfOpen)
        lateSuccess.succeed()
        transcript.expect(.halfOpen)
        lateFailure.fail()
        transcript.expect(.halfOpen)
    }
}
