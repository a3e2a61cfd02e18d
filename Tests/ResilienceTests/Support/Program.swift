import Foundation

/// A program of this package, built beside the tests.
struct Program {
    struct Result {
        let status: Int32
        let wasKilled: Bool
        let output: String
        let errors: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    let url: URL

    init(_ name: String) {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        url = tests.deletingLastPathComponent().appendingPathComponent(name)
    }

    /// A program of the system.
    init(path: String) {
        url = URL(fileURLWithPath: path)
    }

    /// Starts the program; what it prints comes through the handle returned.
    func start(_ arguments: [String]) throws -> (process: Process, output: FileHandle, errors: FileHandle) {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return (process, output.fileHandleForReading, errors.fileHandleForReading)
    }

    /// Runs the program to its end, through another program where one is named.
    func run(_ arguments: [String], through wrapper: [String] = []) async throws -> Result {
        let program = wrapper.first.map { Program(path: $0) } ?? self
        let all = wrapper.isEmpty ? arguments : Array(wrapper.dropFirst()) + [url.path] + arguments
        // Off the pool: the reads block until the program ends.
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Swift.Result {
                        let (process, output, errors) = try program.start(all)
                        let text = String(decoding: output.readDataToEndOfFile(), as: UTF8.self)
                        let errorText = String(decoding: errors.readDataToEndOfFile(), as: UTF8.self)
                        process.waitUntilExit()
                        return Result(
                            status: process.terminationStatus,
                            wasKilled: process.terminationReason == .uncaughtSignal, output: text, errors: errorText)
                    })
            }
        }
    }
}
