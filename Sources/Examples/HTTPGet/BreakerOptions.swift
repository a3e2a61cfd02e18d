internal import ArgumentParser
internal import Resilience

/// The talk's client behind a circuit breaker, with the talk's settings.
struct BreakerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Open after more than so many failures in a row.", valueName: "count"))
    var tripAfter = 5

    @Option(help: ArgumentHelp("How long an open breaker rejects every request.", valueName: "seconds"))
    var openFor = 10.0

    @Option(help: ArgumentHelp("The pause between requests.", valueName: "seconds"))
    var every = 1.0

    func validate() throws {
        guard tripAfter >= 0 else { throw ValidationError("--trip-after \(tripAfter): 0 or more") }
        guard openFor > 0, openFor <= 86_400 else {
            throw ValidationError("--open-for \(openFor): more than 0 and at most 86400 seconds")
        }
        guard every >= 0, every <= 86_400 else {
            throw ValidationError("--every \(every): from 0 to 86400 seconds")
        }
    }

    func run(_ page: Page, attempts: Int) async throws {
        let limit = tripAfter
        let breaker = CircuitBreaker(
            .init(
                maxRequests: 1, interval: .seconds(30), timeout: .seconds(openFor),
                readyToTrip: { $0.consecutiveFailures > limit }))
        let changes = breaker.stateChanges
        let watch = Task {
            for await change in changes { show("circuit breaker: \(change)") }
        }
        defer { watch.cancel() }

        var attempt = 0
        while attempts == 0 || attempt < attempts {
            if attempt > 0 { try await Task.sleep(for: .seconds(every)) }
            attempt += 1
            do {
                let answer = try await breaker.execute { try await page.get() }
                show("attempt \(attempt): \(answer)")
            } catch let rejection as CircuitBreaker.Rejection {
                show("attempt \(attempt): rejected: \(rejection)")
            } catch {
                show("attempt \(attempt): failed: \(error)")
            }
        }
    }
}
