internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import Resilience

/// What the talk's satellite data centre lacked: a disk erase that is held to a pace, and stops.
@main
struct SatelliteDecommission: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "satellite-decommission",
        abstract: "Drains and erases a few hundred pretend machines, at a pace, until too many fail.",
        discussion: """
            Nothing is erased: each job waits a moment and fails now and then. Ctrl-C stops the work; with --journal, \
            the next run goes on from there.
            """)

    @Option(help: ArgumentHelp("How many machines.", valueName: "count"))
    var machines = 300

    @Option(help: ArgumentHelp("How many jobs run at a time.", valueName: "count"))
    var concurrency = 20

    @Option(help: ArgumentHelp("How many jobs may fail: a number, or a share such as 2%.", valueName: "limit"))
    var errorLimit: LimitArgument = .init(limit: .percentage(2))

    @Flag(help: "Failures never exceed the limit, however many jobs run at a time.")
    var strict = false

    @Option(help: ArgumentHelp("How many jobs start per second.", valueName: "count"))
    var rate = 100

    @Option(help: ArgumentHelp("How often a pretend job fails, in percent.", valueName: "percent"))
    var failureRate = 0.5

    @Option(help: ArgumentHelp("How long a pretend job takes at the most.", valueName: "milliseconds"))
    var jobTime = 300

    @Flag(inversion: .prefixedNo, help: "One machine first, then a tenth, then the rest.")
    var canary = true

    @Flag(help: "Check every job and run none.")
    var validateOnly = false

    @Option(help: ArgumentHelp("Record what is done in this file, and skip what it says is done.", valueName: "path"))
    var journal: String?

    func validate() throws {
        for (name, value, range) in [
            ("machines", machines, 1...100_000), ("concurrency", concurrency, 1...10_000),
            ("rate", rate, 1...1_000_000), ("job-time", jobTime, 0...3_600_000),
        ] {
            guard range.contains(value) else {
                throw ValidationError("--\(name) \(value): from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        guard (0...100).contains(failureRate) else {
            throw ValidationError("--failure-rate \(failureRate): from 0 to 100 percent")
        }
    }

    func run() async throws {
        let runner = WorkRunner(
            concurrency: concurrency,
            errorLimit: errorLimit.limit(strict: strict),
            ramp: canary ? .canary : .none,
            journal: journal,
            bucket: TokenBucket(capacity: max(1, rate / 10), refilling: rate, every: .seconds(1)))
        let work = Satellite(machines: machines, failureRate: failureRate, jobTime: jobTime).work
        let isValidateOnly = validateOnly
        let running = Task {
            if isValidateOnly { return try await runner.validate(work) }
            var view = ProgressView(isTerminal: isatty(STDOUT_FILENO) == 1)
            defer { view.end() }
            return try await runner.run(work) { view.show($0) }
        }
        let signals = stopOnSignals { running.cancel() }
        defer { for signal in signals { signal.cancel() } }
        do {
            print(try await running.value)
        } catch let failure as WorkFailure {
            FileHandle.standardError.write(Data("\(failure)\n".utf8))
            throw ExitCode.failure
        }
    }

    private func stopOnSignals(_ stop: @escaping @Sendable () -> Void) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: stop)
            source.resume()
            return source
        }
    }
}
