internal import ArgumentParser
internal import Foundation
internal import Resilience

/// The talk's two HTTP clients: turn the web server on and off beside it, and see.
@main
struct HTTPGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http-get",
        abstract: "Gets a URL behind a circuit breaker or behind backoff, and prints a line for each attempt.",
        discussion: """
            With --circuit-breaker it asks again and again, whatever comes back; turn the web server off and the \
            breaker opens after a few failures, turn it on and a probe closes it. With --backoff it asks until it \
            succeeds or gives up, with growing pauses.
            """)

    enum Mode: EnumerableFlag {
        case circuitBreaker
        case backoff

        static func help(for value: Mode) -> ArgumentHelp? {
            switch value {
            case .circuitBreaker: "Ask again and again through a circuit breaker."
            case .backoff: "Ask until it succeeds, with growing pauses."
            }
        }
    }

    @Flag(exclusivity: .exclusive)
    var mode: Mode

    @Argument(help: "What to get, with http:// or https://.")
    var url: String

    @Option(help: ArgumentHelp("Give a request up after this long.", valueName: "seconds"))
    var timeout = 5.0

    @Option(help: ArgumentHelp("End after so many attempts; 0 is never.", valueName: "count"))
    var attempts = 0

    @OptionGroup(title: "With --circuit-breaker")
    var breaker: BreakerOptions

    @OptionGroup(title: "With --backoff")
    var backoff: BackoffOptions

    func validate() throws {
        guard let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme?.lowercased()),
            parsed.host?.isEmpty == false
        else { throw ValidationError("“\(url)” is no URL to get: give one such as http://127.0.0.1:8080/") }
        guard timeout > 0, timeout <= 3_600 else {
            throw ValidationError("--timeout \(timeout): more than 0 and at most 3600 seconds")
        }
        guard attempts >= 0 else { throw ValidationError("--attempts \(attempts): 0 or more") }
    }

    func run() async throws {
        guard let url = URL(string: url) else { throw ExitCode.validationFailure }
        let page = Page(url: url, timeout: timeout)
        switch mode {
        case .circuitBreaker: try await breaker.run(page, attempts: attempts)
        case .backoff: try await backoff.run(page, attempts: attempts)
        }
    }
}
