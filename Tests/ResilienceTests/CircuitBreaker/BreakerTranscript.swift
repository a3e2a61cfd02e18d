import Resilience
import Testing

/// A breaker on a clock that the test moves, and short words for what is done to it.
struct BreakerTranscript {
    struct Failed: Error {}

    let clock = ManualClock()
    let breaker: CircuitBreaker

    init(_ settings: CircuitBreaker.Settings = .init()) {
        breaker = CircuitBreaker(settings, clock: clock)
    }

    /// The settings of the vectors that are not about defaults.
    static let custom = CircuitBreaker.Settings(
        maxRequests: 3, interval: .seconds(30), timeout: .seconds(90),
        readyToTrip: { counts in
            let counted = counts.requests - counts.excluded
            return counted >= 3 && Double(counts.failures) / Double(counted) >= 0.6
        })

    /// S, F and X, in that order, as in the vectors; each must be admitted.
    func run(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) {
        for letter in script {
            do {
                let permit = try breaker.admit()
                switch letter {
                case "S": permit.succeed()
                case "F": permit.fail()
                case "X": permit.abandon()
                default: Issue.record("\(letter) is no outcome", sourceLocation: sourceLocation)
                }
            } catch {
                Issue.record("\(letter) was rejected: \(error)", sourceLocation: sourceLocation)
            }
        }
    }

    func expect(
        _ state: CircuitBreaker.State, _ counts: [Int] = [0, 0, 0, 0, 0, 0],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(breaker.state == state, sourceLocation: sourceLocation)
        let found = breaker.counts
        #expect(
            [
                found.requests, found.successes, found.failures, found.excluded,
                found.consecutiveSuccesses, found.consecutiveFailures,
            ] == counts, sourceLocation: sourceLocation)
    }

    func expectRejection(
        _ state: CircuitBreaker.State, retryAfter: Duration, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        do {
            let permit = try breaker.admit()
            permit.abandon()
            Issue.record("admitted", sourceLocation: sourceLocation)
        } catch {
            #expect(error.state == state, sourceLocation: sourceLocation)
            #expect(error.retryAfter == retryAfter, sourceLocation: sourceLocation)
        }
    }

    /// Brings a fresh breaker with the custom settings to half-open.
    func toHalfOpen() {
        run("FFF")
        clock.advance(by: .seconds(90))
    }
}
