import Resilience
import Testing

@Suite struct ExponentialBackoffTests {
    private func delays(_ backoff: ExponentialBackoff, _ attempts: ClosedRange<Int>) -> [Duration] {
        attempts.map { backoff.delay(attempt: $0) }
    }

    @Test func `doubling from half a second to five`() {
        let backoff = ExponentialBackoff(
            initial: .milliseconds(500), multiplier: 2, maximum: .seconds(5), jitter: .none)
        #expect(delays(backoff, 1...7) == [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000].map { .milliseconds($0) })
    }

    @Test func `gRPC's connection backoff, to the nanosecond`() {
        let backoff = ExponentialBackoff(initial: .seconds(1), multiplier: 1.6, maximum: .seconds(120), jitter: .none)
        #expect(
            delays(backoff, 1...6)
                == [1_000_000_000, 1_600_000_000, 2_560_000_000, 4_096_000_000, 6_553_600_000, 10_485_760_000]
                .map { .nanoseconds($0) })
        #expect(backoff.delay(attempt: 11) == .nanoseconds(109_951_162_778))
        #expect(delays(backoff, 12...13) == [.seconds(120), .seconds(120)])
    }

    @Test func `the defaults are cenkalti's`() {
        let backoff = ExponentialBackoff()
        #expect(backoff.initial == .milliseconds(500))
        #expect(backoff.multiplier == 1.5)
        #expect(backoff.maximum == .seconds(60))
        #expect(backoff.jitter == .factor(0.5))
        #expect(backoff.longestDelay == .seconds(90))
    }

    @Test func `attempts before the first count as the first`() {
        let backoff = ExponentialBackoff(jitter: .none)
        #expect(delays(backoff, -1...1) == [.milliseconds(500), .milliseconds(500), .milliseconds(500)])
        #expect(backoff.delay(attempt: .min) == .milliseconds(500))
    }

    @Test func `an initial wait above the maximum is held at it`() {
        let backoff = ExponentialBackoff(initial: .seconds(9), maximum: .seconds(5), jitter: .none)
        #expect(backoff.delay(attempt: 1) == .seconds(5))
    }

    @Test(arguments: [1, 2, 63, 64, 65, 1_000, 1 << 40, Int.max])
    func `no attempt number overflows`(attempt: Int) {
        for multiplier in [1.0, 1.000_000_1, 2, 1e300, .infinity] {
            for maximum in [Duration.seconds(60), .seconds(Int64.max)] {
                for jitter in [ExponentialBackoff.Jitter.none, .full, .factor(0.5), .factor(1)] {
                    let backoff = ExponentialBackoff(
                        initial: .seconds(1), multiplier: multiplier, maximum: maximum, jitter: jitter)
                    let delay = backoff.delay(attempt: attempt)
                    #expect(delay >= .zero)
                    #expect(delay <= backoff.longestDelay)
                }
            }
        }
    }

    @Test func `settings that make no sense are brought back to what does`() {
        #expect(ExponentialBackoff(multiplier: 0.1).multiplier == 1)
        #expect(ExponentialBackoff(multiplier: .nan).multiplier == 1)
        #expect(ExponentialBackoff(initial: .seconds(-1), jitter: .none).delay(attempt: 5) == .zero)
        #expect(ExponentialBackoff(maximum: .seconds(-1), jitter: .full).delay(attempt: 5) == .zero)
        #expect(ExponentialBackoff(initial: .zero, multiplier: .infinity).delay(attempt: 5) == .zero)
        #expect(ExponentialBackoff.Jitter.factor(.nan) == .factor(0))
        #expect(ExponentialBackoff.Jitter.factor(7) == .factor(1))
        #expect(ExponentialBackoff.Jitter.factor(-7) == .factor(0))
    }

    @Test(arguments: seeds(10))
    func `a factor spreads evenly to both sides, past the maximum too`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let backoff = ExponentialBackoff(initial: .seconds(2), multiplier: 2, maximum: .seconds(4))
        let delays = (0..<1_000).map { _ in backoff.delay(attempt: 5, using: &random) }
        #expect(delays.allSatisfy { $0 >= .seconds(2) && $0 <= .seconds(6) })
        // Each quarter of the range holds 250, give or take; that any holds fewer than 150 does not happen by chance.
        for quarter in 2..<6 {
            let inside = delays.count { $0 >= .seconds(quarter) && $0 < .seconds(quarter + 1) }
            #expect(inside > 150)
        }
        #expect(delays.contains { $0 > .seconds(4) })
    }

    @Test(arguments: seeds(10))
    func `full jitter reaches down to nothing and never past the wait`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let backoff = ExponentialBackoff(initial: .seconds(4), jitter: .full)
        let delays = (0..<1_000).map { _ in backoff.delay(attempt: 1, using: &random) }
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(4) })
        for quarter in 0..<4 {
            #expect(delays.count { $0 >= .seconds(quarter) && $0 < .seconds(quarter + 1) } > 150)
        }
    }

    @Test func `the same numbers give the same waits`() {
        var first = SeededGenerator(seed: 7)
        var second = SeededGenerator(seed: 7)
        for attempt in 1...20 {
            let backoff = ExponentialBackoff()
            #expect(backoff.delay(attempt: attempt, using: &first) == backoff.delay(attempt: attempt, using: &second))
        }
    }
}
