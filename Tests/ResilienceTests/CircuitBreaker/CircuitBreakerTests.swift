import Resilience
import Synchronization
import Testing

/// Arrays hold only what can be copied.
private final class HeldPermit {
    private var permit: CircuitBreaker.Permit?

    init(_ permit: consuming CircuitBreaker.Permit) {
        self.permit = consume permit
    }

    func take() -> CircuitBreaker.Permit? {
        permit.take()
    }
}

/// What ours promises beyond gobreaker, and the traps that others fell into.
@Suite struct CircuitBreakerTests {
    @Test func `a permit that is let go gives its half-open place back`() throws {
        let transcript = BreakerTranscript(.init(timeout: .seconds(10)))
        transcript.run("FFFFFF")
        transcript.clock.advance(by: .seconds(10))
        func letGo() throws {
            _ = try transcript.breaker.admit()
        }
        try letGo()
        transcript.expect(.halfOpen, [1, 0, 0, 1, 0, 0])
        transcript.run("S")
        transcript.expect(.closed)
    }

    @Test func `a permit counts once however it is resolved`() {
        let transcript = BreakerTranscript()
        transcript.run("SFX")
        transcript.expect(.closed, [3, 1, 1, 1, 0, 1])
    }

    @Test func `a cancelled probe is neutral and neither closes nor wedges the breaker`() async throws {
        let transcript = BreakerTranscript()
        transcript.run("FFFFFF")
        transcript.clock.advance(by: .seconds(60))
        let gate = Gate()
        let probe = Task { try await transcript.breaker.execute { try await gate.pass() } }
        await gate.whenReached(by: 1)
        transcript.expectRejection(.halfOpen, retryAfter: .zero)
        probe.cancel()
        await #expect(throws: CancellationError.self) { try await probe.value }
        transcript.expect(.halfOpen, [1, 0, 0, 1, 0, 0])
        transcript.run("S")
        transcript.expect(.closed)
    }

    @Test func `a hung probe loses its place after a timeout, and its late result means nothing`() throws {
        let transcript = BreakerTranscript()
        transcript.run("FFFFFF")
        transcript.clock.advance(by: .seconds(60))
        let hung = try transcript.breaker.admit()
        transcript.clock.advance(by: .seconds(60) - .nanoseconds(1))
        transcript.expectRejection(.halfOpen, retryAfter: .zero)
        transcript.clock.advance(by: .nanoseconds(1))
        let fresh = try transcript.breaker.admit()
        transcript.expectRejection(.halfOpen, retryAfter: .zero)
        hung.fail()
        transcript.expect(.halfOpen, [1, 0, 0, 0, 0, 0])
        fresh.succeed()
        transcript.expect(.closed)
    }

    @Test func `a slow probe that nobody waits behind still counts`() throws {
        let transcript = BreakerTranscript()
        transcript.run("FFFFFF")
        transcript.clock.advance(by: .seconds(60))
        let slow = try transcript.breaker.admit()
        transcript.clock.advance(by: .seconds(600))
        slow.succeed()
        transcript.expect(.closed)
    }

    @Test func `isExcluded is asked before countsAsSuccess`() {
        let transcript = BreakerTranscript(.init(countsAsSuccess: { _ in true }, isExcluded: { _ in true }))
        _ = try? transcript.breaker.execute { throw BreakerTranscript.Failed() }
        transcript.expect(.closed, [1, 0, 0, 1, 0, 0])
    }

    @Test func `cancellation is neutral whatever the settings say`() {
        let transcript = BreakerTranscript(.init(countsAsSuccess: { _ in true }))
        #expect(throws: CancellationError.self) { try transcript.breaker.execute { throw CancellationError() } }
        transcript.expect(.closed, [1, 0, 0, 1, 0, 0])
    }

    @Test func `opening by hand lasts as long as asked and discards what is under way`() throws {
        let transcript = BreakerTranscript()
        let underWay = try transcript.breaker.admit()
        transcript.breaker.trip(for: .seconds(5))
        transcript.expectRejection(.open, retryAfter: .seconds(5))
        underWay.succeed()
        transcript.expect(.open)
        transcript.breaker.trip()
        transcript.expectRejection(.open, retryAfter: .seconds(60))
        transcript.clock.advance(by: .seconds(60))
        transcript.expect(.halfOpen)
    }

    @Test func `closing by hand forgets the counts and what is under way`() throws {
        let transcript = BreakerTranscript()
        transcript.run("FFFFF")
        let underWay = try transcript.breaker.admit()
        transcript.breaker.reset()
        underWay.fail()
        transcript.expect(.closed)
        transcript.run("FFFFFF")
        transcript.breaker.reset()
        transcript.run("S")
        transcript.expect(.closed, [1, 1, 0, 0, 1, 0])
    }

    @Test func `closures of the settings may use the breaker`() {
        let cell = Mutex<CircuitBreaker?>(nil)
        let seen = Mutex<[CircuitBreaker.State]>([])
        let ask: @Sendable () -> Void = {
            guard let breaker = cell.withLock({ $0 }) else { return }
            seen.withLock { $0.append(breaker.state) }
            breaker.reset()
        }
        let breaker = CircuitBreaker(
            .init(
                readyToTrip: { _ in
                    ask()
                    return true
                },
                countsAsSuccess: { _ in
                    ask()
                    return false
                },
                isExcluded: { _ in
                    ask()
                    return false
                }))
        cell.withLock { $0 = breaker }
        _ = try? breaker.execute { throw BreakerTranscript.Failed() }
        // The resets ended the generation, so neither the failure nor the trip counts.
        #expect(seen.withLock { $0 } == [.closed, .closed])
        #expect(breaker.state == .closed)
        let permit = try? breaker.admit()
        permit?.fail()
        #expect(seen.withLock { $0.count } == 3)
        #expect(breaker.state == .closed)
        cell.withLock { $0 = nil }
    }

    @Test @MainActor func `a body uses what its caller's actor owns`() async throws {
        final class Owned { var count = 0 }
        let owned = Owned()
        let breaker = CircuitBreaker()
        let result = try await breaker.execute {
            await Task.yield()
            owned.count += 1
            return owned
        }
        #expect(result.count == 1)
        #expect(breaker.counts.successes == 1)
    }

    @Test func `errors say what to do`() throws {
        let transcript = BreakerTranscript()
        transcript.run("FFFFFF")
        let rejection = #expect(throws: CircuitBreaker.Rejection.self) { try transcript.breaker.execute {} }
        #expect(
            rejection?.description == "circuit breaker is open after too many failures: try again in 1 min")
    }

    @Test func `calls from many threads at once are all counted`() async {
        let breaker = CircuitBreaker(.init(interval: .seconds(3_600)))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<2_000 { try? breaker.execute {} }
                }
            }
        }
        #expect(
            breaker.counts == .init(requests: 16_000, successes: 16_000, consecutiveSuccesses: 16_000))
    }

    @Test(arguments: seeds(30))
    func `whatever happens, half-open never has more than maxRequests under way`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let maxRequests = Int.random(in: 1...4, using: &random)
        let clock = ManualClock()
        let breaker = CircuitBreaker(
            .init(maxRequests: maxRequests, timeout: .seconds(10), readyToTrip: { $0.consecutiveFailures > 1 }),
            clock: clock)
        var underWay: [HeldPermit] = []
        for _ in 0..<400 {
            switch Int.random(in: 0..<7, using: &random) {
            case 0...2:
                if let permit = try? breaker.admit() { underWay.append(HeldPermit(permit)) }
            case 3 where !underWay.isEmpty:
                underWay.remove(at: Int.random(in: 0..<underWay.count, using: &random)).take()?.succeed()
            case 4 where !underWay.isEmpty:
                underWay.remove(at: Int.random(in: 0..<underWay.count, using: &random)).take()?.fail()
            case 5 where !underWay.isEmpty:
                underWay.remove(at: Int.random(in: 0..<underWay.count, using: &random)).take()?.abandon()
            default:
                clock.advance(by: .seconds(Int.random(in: 0...6, using: &random)))
            }
            let counts = breaker.counts
            #expect(counts.requests >= counts.successes + counts.failures + counts.excluded)
            if breaker.state == .halfOpen {
                #expect(counts.requests - counts.excluded <= maxRequests)
                #expect(counts.failures == 0)
            }
            if breaker.state == .open { #expect(counts == .init()) }
        }
    }
}
