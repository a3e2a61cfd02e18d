import Resilience
import Synchronization
import Testing

@Suite struct StateChangesTests {
    @Test func `every stream gets every change since it was asked for, in order`() async {
        let transcript = BreakerTranscript()
        let early = transcript.breaker.stateChanges
        transcript.run("FFFFFF")
        let late = transcript.breaker.stateChanges
        transcript.clock.advance(by: .seconds(60))
        transcript.run("S")

        var seen: [String] = []
        for await change in early.prefix(3) { seen.append("\(change)") }
        #expect(seen == ["closed → open", "open → half-open", "half-open → closed"])
        var seenLate: [String] = []
        for await change in late.prefix(2) { seenLate.append("\(change)") }
        #expect(seenLate == ["open → half-open", "half-open → closed"])
    }

    @Test func `a change tells what had been counted`() async {
        let transcript = BreakerTranscript()
        var changes = transcript.breaker.stateChanges.makeAsyncIterator()
        transcript.run("SFFFFFF")
        let counts = await changes.next()?.counts
        #expect(counts == .init(requests: 7, successes: 1, failures: 6, consecutiveFailures: 6))
    }

    @Test func `tripping and resetting by hand are told once`() async {
        let breaker = CircuitBreaker()
        let changes = breaker.stateChanges
        breaker.reset()
        breaker.trip()
        breaker.trip()
        breaker.reset()
        var seen: [String] = []
        for await change in changes.prefix(2) { seen.append("\(change)") }
        #expect(seen == ["closed → open", "open → closed"])
    }

    @Test func `streams end with their breaker`() async {
        var breaker: CircuitBreaker? = CircuitBreaker()
        let changes = breaker?.stateChanges
        breaker?.trip()
        breaker = nil
        var seen: [CircuitBreaker.State] = []
        if let changes { for await change in changes { seen.append(change.to) } }
        #expect(seen == [.open])
    }

    @Test func `a reader may use the breaker, and readers that leave hold up nobody`() async {
        let breaker = CircuitBreaker()
        let changes = breaker.stateChanges
        do { _ = breaker.stateChanges }  // asked for and never read
        let reader = Task {
            var states: [CircuitBreaker.State] = []
            for await _ in changes.prefix(2) {
                states.append(breaker.state)
                breaker.reset()
            }
            return states.count
        }
        breaker.trip()
        breaker.trip()
        // The reader's own reset is the second change at the latest.
        #expect(await reader.value == 2)
    }

    @Test func `changes made by many threads reach a stream as one unbroken chain`() async {
        let breaker = CircuitBreaker()
        let changes = breaker.stateChanges
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<100 {
                        breaker.trip()
                        breaker.reset()
                    }
                }
            }
        }
        breaker.trip(for: .seconds(3_600))
        breaker.reset()
        breaker.trip(for: .zero)
        #expect(breaker.state == .halfOpen)  // no other way to this state: it marks the end

        var previous = CircuitBreaker.State.closed
        for await change in changes {
            #expect(change.from == previous)
            previous = change.to
            if change.to == .halfOpen { break }
        }
    }
}
