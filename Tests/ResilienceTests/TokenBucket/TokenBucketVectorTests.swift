import Testing

@testable import Resilience

/// A bucket's rules and its level as an object, since a test's expectations change nothing by value.
private final class Bucket {
    private let rules: TokenBucket.Rules
    private var empty: Int128
    private var latestDue = Int128.min / 2

    init(capacity: Int, tokens: Int, period: Int64) {
        rules = .init(capacity: capacity, tokens: tokens, period: period)
        empty = rules.full(at: 0)
    }

    convenience init(_ capacity: Int, perSecond: Int = 10) {
        self.init(capacity: capacity, tokens: perSecond, period: 1_000_000_000)
    }

    func tryTake(_ count: Int, at now: Int64) -> Bool {
        rules.tryTake(count, from: &empty, at: now)
    }

    func reserve(_ count: Int, within longest: Int64, at now: Int64) -> TokenBucket.Rules.Answer {
        let answer = rules.reserve(count, within: longest, from: &empty, at: now)
        if case .reserved(let made) = answer { latestDue = made.due }
        return answer
    }

    func cancel(_ reservation: TokenBucket.Rules.Reservation, at now: Int64) {
        rules.cancel(reservation, of: &empty, latestDue: &latestDue, at: now)
    }

    /// What was reserved, and the step of 100 ms at which it is there; nil when that is too far away.
    func reserve(
        at step: Int64, _ count: Int, within steps: Int64? = nil
    ) -> (step: Int64, made: TokenBucket.Rules.Reservation?)? {
        switch reserve(count, within: steps.map { $0 * 100_000_000 } ?? .max, at: step * 100_000_000) {
        case .granted: (step, nil)
        case .reserved(let made): (made.ready / 100_000_000, made)
        case .tooLong: nil
        }
    }
}

/// golang.org/x/time/rate's own vectors: ten tokens a second, time in steps of 100 ms.
@Suite struct TokenBucketVectorTests {
    /// Steps of (time, count, granted).
    private func run(_ capacity: Int, _ steps: [(Int64, Int, Bool)]) {
        let bucket = Bucket(capacity)
        for (index, (time, count, granted)) in steps.enumerated() {
            #expect(bucket.tryTake(count, at: time * 100_000_000) == granted, "step \(index)")
        }
    }

    @Test func `capacity 1`() {
        run(
            1,
            [
                (0, 1, true), (0, 1, false), (0, 1, false),
                (1, 1, true), (1, 1, false), (1, 1, false),
                (2, 2, false), (2, 1, true), (2, 1, false),
            ])
    }

    @Test func `capacity 3`() {
        run(
            3,
            [
                (0, 2, true), (0, 2, false), (0, 1, true), (0, 1, false),
                (1, 4, false), (2, 1, true), (3, 1, true), (4, 1, true), (4, 1, true), (4, 1, false), (4, 1, false),
                (9, 3, true), (9, 0, true),
            ])
    }

    @Test func `time that seems to go back takes nothing and gives nothing`() {
        run(
            3,
            [
                (1, 1, true), (0, 1, true), (0, 1, false),
                // x/time/rate grants two there and one more here: it counts the step from 0 to 1 twice.
                (1, 1, true), (1, 1, false), (2, 1, true), (2, 1, false),
            ])
    }

    @Test func `reservations follow one another`() {
        let bucket = Bucket(2)
        #expect(bucket.reserve(at: 0, 2)?.step == 0)
        #expect(bucket.reserve(at: 0, 2)?.step == 2)
        #expect(bucket.reserve(at: 3, 2)?.step == 4)
    }

    @Test func `what is promised is not to be had by trying`() {
        let bucket = Bucket(2)
        #expect(bucket.reserve(at: 0, 2)?.step == 0)
        #expect(!bucket.tryTake(2, at: 100_000_000))
        #expect(bucket.reserve(at: 1, 2)?.step == 2)
        #expect(!bucket.tryTake(1, at: 100_000_000))
        #expect(bucket.tryTake(1, at: 300_000_000))
    }

    @Test func `a limit on the wait refuses at once and takes nothing`() {
        let bucket = Bucket(2)
        #expect(bucket.reserve(at: 0, 2, within: 1)?.step == 0)
        #expect(bucket.reserve(at: 0, 1, within: 1)?.step == 1)
        #expect(bucket.reserve(at: 0, 1, within: 1) == nil)
        #expect(bucket.reserve(at: 0, 1, within: 2)?.step == 2)
    }

    @Test func `the last one in line gives back all`() throws {
        let bucket = Bucket(2)
        _ = bucket.reserve(at: 0, 2)
        let made = try #require(bucket.reserve(at: 0, 2)?.made)
        bucket.cancel(made, at: 100_000_000)
        #expect(bucket.reserve(at: 1, 2)?.step == 2)
    }

    @Test func `too late to give back`() throws {
        let bucket = Bucket(2)
        _ = bucket.reserve(at: 0, 2)
        let made = try #require(bucket.reserve(at: 0, 2)?.made)
        bucket.cancel(made, at: 300_000_000)
        #expect(bucket.reserve(at: 3, 2)?.step == 4)
    }

    @Test func `what others were promised since is not given back`() throws {
        let bucket = Bucket(2)
        _ = bucket.reserve(at: 0, 2)
        let made = try #require(bucket.reserve(at: 0, 1)?.made)
        #expect(bucket.reserve(at: 0, 1)?.step == 2)
        bucket.cancel(made, at: 0)
        #expect(bucket.reserve(at: 0, 1)?.step == 3)
    }

    @Test func `the rest is given back`() throws {
        let bucket = Bucket(2)
        _ = bucket.reserve(at: 0, 2)
        let made = try #require(bucket.reserve(at: 0, 2)?.made)
        #expect(bucket.reserve(at: 0, 1)?.step == 3)
        bucket.cancel(made, at: 200_000_000)
        #expect(bucket.reserve(at: 2, 2)?.step == 4)
    }

    @Test func `several give back, as if the last had never been`() throws {
        let bucket = Bucket(4)
        _ = bucket.reserve(at: 0, 4)
        let first = try #require(bucket.reserve(at: 0, 3)?.made)
        #expect(bucket.reserve(at: 0, 1)?.step == 4)
        let last = try #require(bucket.reserve(at: 0, 1)?.made)
        bucket.cancel(last, at: 100_000_000)
        bucket.cancel(first, at: 100_000_000)
        #expect(bucket.reserve(at: 1, 3)?.step == 5)
    }

    @Test func `rates that are no whole number of nanoseconds do not drift`() {
        // 3 a second for a day: 259,200 and the one it started with.
        let bucket = Bucket(1, perSecond: 3)
        var taken = 0
        var now: Int64 = 0
        let day: Int64 = 86_400_000_000_000
        while now <= day {
            if bucket.tryTake(1, at: now) { taken += 1 }
            if case .reserved(let next) = bucket.reserve(1, within: .max, at: now) {
                taken += 1
                now = next.ready
            }
        }
        #expect((259_200...259_202).contains(taken))
    }

    @Test func `the largest times, rates and capacities do not overflow`() {
        let bucket = Bucket(capacity: .max, tokens: .max - 1, period: .max)
        #expect(bucket.tryTake(.max, at: 0))
        #expect(!bucket.tryTake(.max, at: .max))
        #expect(bucket.tryTake(.max / 2, at: .max))
        let slow = Bucket(capacity: .max, tokens: 1, period: .max)
        #expect(slow.tryTake(.max, at: 0))
        #expect(slow.reserve(2, within: 1_000, at: 0) == .tooLong(.max))
        let idle = Bucket(3)
        #expect(idle.tryTake(3, at: 0))
        #expect(idle.tryTake(3, at: .max))
        #expect(!idle.tryTake(1, at: .max))
    }

    @Test(arguments: seeds(40))
    func `no window of time sees more than the capacity and what came back`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...10, using: &random)
        let tokens = Int.random(in: 1...7, using: &random)
        let bucket = Bucket(capacity: capacity, tokens: tokens, period: 1_000)
        var grants: [(time: Int64, count: Int)] = []
        var waiting: [(made: TokenBucket.Rules.Reservation, count: Int)] = []
        var now: Int64 = 0
        for _ in 0..<300 {
            now += Int64.random(in: 0...700, using: &random)
            // Some give up, in any order.
            if Int.random(in: 0..<3, using: &random) == 0, let index = waiting.indices.randomElement(using: &random),
                waiting[index].made.ready > now
            {
                bucket.cancel(waiting.remove(at: index).made, at: now)
            }
            let count = Int.random(in: 1...capacity, using: &random)
            if Bool.random(using: &random) {
                if bucket.tryTake(count, at: now) { grants.append((now, count)) }
            } else {
                switch bucket.reserve(count, within: 3_000, at: now) {
                case .granted: grants.append((now, count))
                case .reserved(let made): waiting.append((made, count))
                case .tooLong: break
                }
            }
        }
        for waiter in waiting { grants.append((waiter.made.ready, waiter.count)) }
        grants.sort { $0.time < $1.time }
        for start in grants.indices {
            var taken = 0
            for grant in grants[start...] {
                taken += grant.count
                let span = grant.time - grants[start].time
                // Whole nanoseconds: a grant may be dated up to one later than it fell due.
                #expect(Int64(taken) * 1_000 <= Int64(capacity) * 1_000 + (span + 1) * Int64(tokens))
            }
        }
    }
}
