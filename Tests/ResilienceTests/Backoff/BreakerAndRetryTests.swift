import Resilience
import Testing

/// The two together, either way round, as the documentation shows them.
@Suite struct BreakerAndRetryTests {
    struct Failed: Error {}

    @Test func `breaker inside retry: each attempt counts, and a rejection says when to come back`() async throws {
        let clock = ManualClock()
        let breaker = CircuitBreaker(.init(readyToTrip: { $0.consecutiveFailures >= 2 }), clock: clock)
        let policy = RetryPolicy(
            backoff: .init(initial: .seconds(1), multiplier: 2, maximum: .seconds(10), jitter: .none))
        let calls = Recorder<Int>()
        let delays = Recorder<Duration>()
        let run = Task {
            try await policy.execute(
                clock: clock,
                onRetry: { failure in delays.add(failure.delay) },
                { attempt in
                    try breaker.execute {
                        calls.add(attempt)
                        if calls.all.count <= 2 { throw Failed() }
                    }
                })
        }
        for pause in [1, 2, 58] {
            await clock.whenSleeping()
            clock.advance(by: .seconds(pause))
        }
        try await run.value
        // Fails at 0 and 1 s, which opens the breaker until 61 s; rejected at 3 s, told to come back in 58; succeeds.
        #expect(delays.all == [.seconds(1), .seconds(2), .seconds(58)])
        #expect(calls.all == [1, 2, 4])
        #expect(breaker.state == .closed)
    }

    @Test func `retry inside breaker: only giving up counts, once`() async {
        let breaker = CircuitBreaker()
        let policy = RetryPolicy(backoff: .init(initial: .nanoseconds(1), jitter: .none), maxAttempts: 4)
        await #expect(throws: RetryError.self) {
            try await breaker.execute { try await policy.execute { _ in throw Failed() } }
        }
        #expect(breaker.counts == .init(requests: 1, failures: 1, consecutiveFailures: 1))
    }

    @Test func `an open breaker's rejection can be made permanent`() async {
        let breaker = CircuitBreaker()
        breaker.trip()
        let policy = RetryPolicy(isPermanent: { $0 is CircuitBreaker.Rejection })
        let error = await #expect(throws: RetryError.self) {
            try await policy.execute { _ in try breaker.execute {} }
        }
        #expect(error?.attempts == 1)
        #expect(error?.lastError is CircuitBreaker.Rejection)
    }
}
