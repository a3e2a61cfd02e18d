internal import ArgumentParser
internal import Resilience

/// The talk's client behind backoff, with the talk's settings.
struct BackoffOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The first pause, before it is spread by half to either side.", valueName: "seconds"))
    var initial = 2.0

    @Option(help: ArgumentHelp("The longest pause, before it is spread.", valueName: "seconds"))
    var maximum = 10.0

    @Option(help: ArgumentHelp("Give up when the next attempt would come later than this.", valueName: "seconds"))
    var giveUpAfter = 900.0

    func validate() throws {
        for (name, value) in [("initial", initial), ("maximum", maximum), ("give-up-after", giveUpAfter)] {
            guard value >= 0, value <= 86_400 else {
                throw ValidationError("--\(name) \(value): from 0 to 86400 seconds")
            }
        }
    }

    func run(_ page: Page, attempts: Int) async throws {
        let policy = RetryPolicy(
            backoff: ExponentialBackoff(
                initial: .seconds(initial), multiplier: 2, maximum: .seconds(maximum), jitter: .factor(0.5)),
            maxAttempts: attempts == 0 ? nil : attempts,
            maxElapsed: .seconds(giveUpAfter))
        do {
            let (attempt, answer) = try await policy.execute(
                onRetry: { failure in
                    let pause = (failure.delay / .milliseconds(1)).rounded() / 1_000
                    show("attempt \(failure.attempt): failed: \(failure.error); again in \(pause) s")
                },
                { attempt in (attempt, try await page.get()) })
            show("attempt \(attempt): \(answer)")
        } catch let error as RetryError {
            show("attempt \(error.attempts): failed: \(error.lastError)")
            show("\(error)")
            throw ExitCode.failure
        }
    }
}
