import Resilience
import Synchronization
import Testing

/// The two together, either way round, as the documentation shows them.
@Suite struct BreakerAndRetryTests {
    struct Failed: Error {}

    @Test func `breaker inside retry: each attempt counts, and a rejection says when to come back`() async throws {
        let clock = ManualClock()
        let breaker = CircuitBreaker(.init(readyToTrip: { $0.consecutiveFailures >= 2 }), clock: clock)
        let policy = RetryPolicy(
            backoff: .init(initial: .seconds(1), multiplier: 2, maximum: .seconds(10), jitter: .none))
        let calls = Mutex(0)
        let delays = Mutex<[Duration]>([])
        let run = Task {
            try await policy.execute(clock: clock, onRetry: { failure in delays.withLock { $0.append(failure.delay) } }) {
                _ in
                try await breaker.execute { () async throws in
                    if calls.withLock({ $0 += 1; return $0 }) <= 2 { throw Failed() }
                }
            }
        }
        for pause in [1, 2, 58] {
            await clock.whenSleeping()
            clock.advance(by: .seconds(pause))
        }
        try await run.value
        // Fails at 0 and 1 s, which opens the breaker until 61 s; rejected at 3 s, told to come back in 58; succeeds.
        #expect(delays.withLock { $0 } == [.seconds(1), .seconds(2), .seconds(58)])
        #expect(calls.withLock { $0 } == 3)
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
