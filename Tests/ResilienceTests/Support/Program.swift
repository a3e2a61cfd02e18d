import Foundation
import TestSupport

/// A program of this package, built beside the tests.
struct Program {
    struct Result {
        let status: Int32
        let wasKilled: Bool
        let output: String
        let errors: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    let path: String

    init(_ name: String) {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        path = tests.deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// A program of the system.
    init(path: String) {
        self.path = path
    }

    /// Starts the program; what it prints is kept in the folder.
    func start(_ arguments: [String], in folder: TestSupport.TemporaryFolder) throws -> SpawnedProcess {
        try SpawnedProcess([path] + arguments, in: folder, name: "program")
    }

    /// Runs the program to its end, through another program where one is named.
    func run(_ arguments: [String], through wrapper: [String] = []) async throws -> Result {
        let program = wrapper.first.map { Program(path: $0) } ?? self
        let all = wrapper.isEmpty ? arguments : Array(wrapper.dropFirst()) + [path] + arguments
        // Off the pool: waiting blocks.
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try program.runBlocking(all) })
            }
        }
    }

    /// Runs the program to its end and blocks until then.
    func runBlocking(_ arguments: [String]) throws -> Result {
        try withTemporaryFolder { folder in
            let process = try start(arguments, in: folder)
            let ending = try process.wait()
            return Result(
                status: ending.number, wasKilled: ending.wasKilled, output: process.output, errors: process.errorOutput
            )
        }
    }
}

extension SpawnedProcess.Ending {
    /// The exit status, or the number of the signal.
    var number: Int32 {
        switch self {
        case .exited(let number), .killed(let number): number
        }
    }

    var wasKilled: Bool {
        if case .killed = self { true } else { false }
    }
}
