import Resilience
import Testing

@Suite struct TokenBucketTests {
    private let clock = ManualClock()

    private func bucket(_ capacity: Int) -> TokenBucket {
        TokenBucket(capacity: capacity, refilling: 10, every: .seconds(1), clock: clock)
    }

    @Test func `capacity 3, step by step`() throws {
        let bucket = bucket(3)
        #expect(try bucket.tryTake(2))
        #expect(try !bucket.tryTake(2))
        #expect(try !bucket.tryTake(2))
        #expect(try bucket.tryTake())
        #expect(try !bucket.tryTake())
        clock.advance(by: .milliseconds(100))
        let error = #expect(throws: TokenBucket.ExceedsCapacity.self) { try bucket.tryTake(4) }
        #expect(error?.description == "4 tokens asked for, but the bucket holds 3: ask for fewer or raise its capacity")
        clock.advance(by: .milliseconds(800))
        #expect(try bucket.tryTake(3))
    }

    @Test func `more than the capacity is an error at once, also when waiting`() async {
        await #expect(throws: TokenBucket.ExceedsCapacity.self) { try await bucket(3).take(4) }
    }

    @Test func `a wait lasts until the tokens are there`() async throws {
        let bucket = bucket(3)
        try await bucket.take(2)
        let waiting = Task { try await bucket.take(3) }
        await clock.whenSleeping()
        #expect(clock.deadlines == [.milliseconds(200)])
        clock.advance(by: .milliseconds(200))
        try await waiting.value
        #expect(try !bucket.tryTake())
    }

    @Test func `a limit that is too short fails at once and takes nothing`() async throws {
        let bucket = bucket(3)
        try await bucket.take(2)
        let error = await #expect(throws: TokenBucket.WaitTooLong.self) {
            try await bucket.take(3, within: .milliseconds(100))
        }
        #expect(error?.wait == .milliseconds(200))
        #expect(error?.limit == .milliseconds(100))
        #expect(clock.now.offset == .zero)
        #expect(try bucket.tryTake())
    }

    @Test func `a wait exactly as long as allowed is allowed`() async throws {
        let bucket = bucket(1)
        try await bucket.take()
        let waiting = Task { try await bucket.take(within: .milliseconds(100)) }
        await clock.whenSleeping()
        clock.advance(by: .milliseconds(100))
        try await waiting.value
    }

    @Test func `a cancelled wait ends at once and gives its tokens back`() async throws {
        let bucket = bucket(3)
        try await bucket.take(2)
        let waiting = Task { try await bucket.take(3) }
        await clock.whenSleeping()
        clock.advance(by: .milliseconds(100))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(try bucket.tryTake(2))
        #expect(try !bucket.tryTake())
    }

    @Test func `a task that is cancelled already takes nothing`() async throws {
        let bucket = bucket(1)
        let gate = Gate()
        let late = Task {
            try? await gate.pass()
            try await bucket.take()
        }
        await gate.whenReached(by: 1)
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(try bucket.tryTake())
    }

    @Test func `waiters are served in the order in which they came`() async throws {
        let bucket = bucket(1)
        try await bucket.take()
        let served = Recorder<Int>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...5 {
                group.addTask {
                    try await bucket.take()
                    served.add(number)
                }
                await clock.whenSleeping(number)
            }
            for number in 1...5 {
                clock.advance(by: .milliseconds(100))
                try await group.next()
                #expect(served.all == Array(1...number))
            }
        }
    }

    @Test func `who tries does not overtake who waits`() async throws {
        let bucket = bucket(3)
        try await bucket.take(3)
        let waiting = Task { try await bucket.take(3) }
        await clock.whenSleeping()
        clock.advance(by: .milliseconds(299))
        #expect(try !bucket.tryTake())
        clock.advance(by: .milliseconds(1))
        try await waiting.value
    }

    @Test func `taking nothing always succeeds`() async throws {
        let bucket = bucket(1)
        #expect(try bucket.tryTake())
        #expect(try bucket.tryTake(0))
        try await bucket.take(0)
    }

    @Test(arguments: [(500, 1, Duration.seconds(3_600)), (500, 997, .seconds(3_600)), (500, 1, .seconds(86_400 * 365))])
    func `threads at once get no more than there is, however the level is kept`(
        capacity: Int, tokens: Int, period: Duration
    ) async {
        // The clock stands still: nothing comes back meanwhile.
        let bucket = TokenBucket(capacity: capacity, refilling: tokens, every: period, clock: clock)
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<200).count { _ in (try? bucket.tryTake()) == true } }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == capacity)
    }

    @Test func `a fine rate whose level is kept wide waits and gives back like any other`() async throws {
        let bucket = TokenBucket(capacity: 1, refilling: 997, every: .seconds(997), clock: clock)
        let fine = TokenBucket(capacity: 1, refilling: 997, every: .seconds(1), clock: clock)
        for bucket in [bucket, fine] {
            #expect(try bucket.tryTake())
            let waiting = Task { try await bucket.take() }
            await clock.whenSleeping()
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            let next = Task { try await bucket.take() }
            await clock.whenSleeping()
            #expect(clock.deadlines.count == 1)
            clock.advance(by: .seconds(1))
            try await next.value
        }
    }

    @Test func `real clocks are measured right, the default one and others`() async throws {
        let start = ContinuousClock.now
        let buckets = [
            TokenBucket(capacity: 1, refilling: 50, every: .seconds(1)),
            TokenBucket(capacity: 1, refilling: 50, every: .seconds(1), clock: SuspendingClock()),
        ]
        for bucket in buckets {
            #expect(try bucket.tryTake())
            try await bucket.take(within: .seconds(1))
            try await bucket.take(within: .seconds(1))
        }
        // Two waits of 20 ms each; how much longer they take is the machine's affair.
        #expect(start.duration(to: .now) >= .milliseconds(80))
    }

    @Test func `cancelling many waiters at random leaves the bucket as if they had never come`() async throws {
        let bucket = bucket(2)
        try await bucket.take(2)
        let waiters = (0..<20).map { _ in Task { try await bucket.take(2) } }
        await clock.whenSleeping(20)
        for waiter in waiters { waiter.cancel() }
        for waiter in waiters { await #expect(throws: CancellationError.self) { try await waiter.value } }
        // Those who gave back before one behind them did could give back nothing; nobody may gain by it.
        #expect(try !bucket.tryTake())
        clock.advance(by: .seconds(4))
        #expect(try bucket.tryTake(2))
        #expect(try !bucket.tryTake())
    }
}
