import Resilience
import Synchronization
import Testing

@Suite struct RetryPolicyTests {
    struct Failed: Error, Equatable { var number = 0 }

    struct Busy: RetryAfterProviding { let retryAfterHint: Duration? }

    static let doubling = ExponentialBackoff(
        initial: .milliseconds(500), multiplier: 2, maximum: .seconds(5), jitter: .none)

    /// Runs a policy on a manual clock that is moved on whenever it sleeps, and notes every pause.
    private func pauses(
        of policy: RetryPolicy, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async -> (pauses: [Duration], result: Result<Void, any Error>) {
        let clock = ManualClock()
        let noted = Mutex<[Duration]>([])
        let run = Task {
            try await policy.execute(
                clock: clock, onRetry: { failure in noted.withLock { $0.append(failure.delay) } }, body)
        }
        let driver = Task {
            while !Task.isCancelled {
                await clock.whenSleeping()
                if let next = clock.deadlines.first { clock.advance(by: next - clock.now.offset) }
            }
        }
        let result = await run.result
        driver.cancel()
        // Lets the driver out of its wait; its task is not needed any more.
        let release = Task { try? await clock.sleep(until: clock.now.advanced(by: .seconds(1)), tolerance: nil) }
        await driver.value
        release.cancel()
        return (noted.withLock { $0 }, result)
    }

    @Test func `pauses follow the backoff until the body succeeds`() async throws {
        let outcome = await pauses(of: RetryPolicy(backoff: Self.doubling)) { attempt in
            if attempt < 6 { throw Failed() }
        }
        #expect(outcome.pauses == [500, 1_000, 2_000, 4_000, 5_000].map { .milliseconds($0) })
        try outcome.result.get()
    }

    @Test(arguments: [-1, 0, 1]) func `with no retries the body runs once`(maxAttempts: Int) async {
        let calls = Mutex(0)
        let error = await #expect(throws: RetryError.self) {
            try await RetryPolicy(maxAttempts: maxAttempts).execute { attempt in
                calls.withLock { $0 += 1 }
                throw Failed(number: attempt)
            }
        }
        #expect(calls.withLock { $0 } == 1)
        #expect(error?.attempts == 1)
        #expect(error?.lastError as? Failed == Failed(number: 1))
        #expect(error?.reason == .attempts(limit: 1))
    }

    @Test func `the last error and the reason for giving up are kept apart`() async {
        let outcome = await pauses(of: RetryPolicy(backoff: Self.doubling, maxAttempts: 3)) { attempt in
            throw Failed(number: attempt)
        }
        #expect(outcome.pauses == [.milliseconds(500), .milliseconds(1_000)])
        let error = #expect(throws: RetryError.self) { try outcome.result.get() }
        #expect(error?.attempts == 3)
        #expect(error?.lastError as? Failed == Failed(number: 3))
        #expect(error?.reason == .attempts(limit: 3))
        #expect(error?.elapsed == .milliseconds(1_500))
        #expect(
            error?.description
                == "gave up after 3 attempts in 1.5 s (3 attempts are allowed): Failed(number: 3)")
    }

    @Test func `no attempt begins past the time allowed, and one that begins on it does`() async {
        // Attempts at 0, 0.5, 1.5 and 3.5 s.
        let enough = await pauses(of: RetryPolicy(backoff: Self.doubling, maxElapsed: .milliseconds(3_500))) { _ in
            throw Failed()
        }
        let error = #expect(throws: RetryError.self) { try enough.result.get() }
        #expect(error?.attempts == 4)
        #expect(error?.reason == .elapsed(limit: .milliseconds(3_500)))
        let tooLittle = await pauses(of: RetryPolicy(backoff: Self.doubling, maxElapsed: .milliseconds(3_499))) { _ in
            throw Failed()
        }
        #expect(#expect(throws: RetryError.self) { try tooLittle.result.get() }?.attempts == 3)
    }

    @Test func `a permanent error ends it at once and is seen without its wrapper`() async {
        let calls = Mutex(0)
        let error = await #expect(throws: RetryError.self) {
            try await RetryPolicy().execute { _ in
                calls.withLock { $0 += 1 }
                throw Permanent(Failed(number: 404))
            }
        }
        #expect(calls.withLock { $0 } == 1)
        #expect(error?.lastError as? Failed == Failed(number: 404))
        #expect(error?.reason == .permanent)
    }

    @Test func `a policy can say which errors are permanent`() async {
        let policy = RetryPolicy(backoff: Self.doubling, isPermanent: { $0 as? Failed == Failed(number: 2) })
        let outcome = await pauses(of: policy) { attempt in throw Failed(number: attempt) }
        let error = #expect(throws: RetryError.self) { try outcome.result.get() }
        #expect(error?.attempts == 2)
        #expect(error?.reason == .permanent)
    }

    @Test func `cancelled during attempt 3, there are three calls and the cancellation is thrown`() async {
        let calls = Mutex(0)
        let clock = ManualClock()
        let gate = Gate()
        let run = Task {
            try await RetryPolicy(backoff: Self.doubling).execute(clock: clock) { attempt in
                calls.withLock { $0 += 1 }
                if attempt == 3 {
                    // What a cancelled body throws is its own affair.
                    do { try await gate.pass() } catch { throw Failed(number: 3) }
                }
                throw Failed(number: attempt)
            }
        }
        for _ in 1...2 {
            await clock.whenSleeping()
            clock.advance(by: .seconds(5))
        }
        await gate.whenReached(by: 1)
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(calls.withLock { $0 } == 3)
    }

    @Test func `cancelled during a pause, it ends without the clock moving`() async {
        let clock = ManualClock()
        let run = Task {
            try await RetryPolicy(backoff: Self.doubling).execute(clock: clock) { _ in throw Failed() }
        }
        await clock.whenSleeping()
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(clock.now.offset == .zero)
    }

    @Test func `a body that ends as cancelled is not tried again`() async {
        let calls = Mutex(0)
        await #expect(throws: CancellationError.self) {
            try await RetryPolicy().execute { _ in
                calls.withLock { $0 += 1 }
                throw CancellationError()
            }
        }
        #expect(calls.withLock { $0 } == 1)
    }

    @Test func `an error's own hint replaces the pause, and the backoff begins anew after it`() async {
        let outcome = await pauses(of: RetryPolicy(backoff: Self.doubling, maxAttempts: 6)) { attempt in
            switch attempt {
            case 3: throw Busy(retryAfterHint: .seconds(30))
            case 5: throw Busy(retryAfterHint: .zero)
            default: throw Failed()
            }
        }
        #expect(outcome.pauses == [500, 1_000, 30_000, 500, 1_000].map { .milliseconds($0) })
    }

    @Test func `a hint beyond the time allowed ends it at once`() async {
        let error = await #expect(throws: RetryError.self) {
            try await RetryPolicy(maxElapsed: .seconds(60)).execute { _ in
                throw Busy(retryAfterHint: .seconds(61))
            }
        }
        #expect(error?.attempts == 1)
        #expect(error?.reason == .elapsed(limit: .seconds(60)))
    }

    @Test func `the caller's random numbers make the pauses`() async {
        let policy = RetryPolicy(backoff: .init(initial: .nanoseconds(1_000), multiplier: 1), maxAttempts: 20)
        func delays(seed: UInt64) async -> [Duration] {
            var generator = SeededGenerator(seed: seed)
            var delays: [Duration] = []
            try? await policy.execute(
                using: &generator, onRetry: { delays.append($0.delay) }, { _ in throw Failed() })
            return delays
        }
        let first = await delays(seed: 1)
        #expect(first.count == 19)
        #expect(await delays(seed: 1) == first)
        #expect(await delays(seed: 2) != first)
    }

    @Test @MainActor func `the body uses what its caller's actor owns`() async throws {
        final class Owned { var calls = 0 }
        let owned = Owned()
        let policy = RetryPolicy(backoff: .init(initial: .nanoseconds(1), jitter: .none))
        try await policy.execute(
            onRetry: { _ in owned.calls += 10 },
            { attempt in
                owned.calls += 1
                if attempt < 3 { throw Failed() }
            })
        #expect(owned.calls == 23)
    }
}
