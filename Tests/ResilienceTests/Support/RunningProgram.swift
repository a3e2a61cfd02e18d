import Foundation
import TestSupport

/// A program of this package while it runs, read line by line.
final class RunningProgram {
    private let folder: TemporaryFolder
    private let process: SpawnedProcess
    /// All lines so far that have been read here.
    private(set) var seen: [String] = []

    init(_ name: String, _ arguments: [String]) throws {
        folder = try TemporaryFolder()
        process = try Program(name).start(arguments, in: TestSupport.TemporaryFolder(path: folder.path))
    }

    deinit {
        process.signal(SIGKILL)
    }

    func signal(_ signal: Int32) {
        process.signal(signal)
    }

    /// Reads on to the first line that holds `text`; nil when the program ends without one.
    @discardableResult
    func line(containing text: String, isolation: isolated (any Actor)? = #isolation) async -> String? {
        let deadline = ContinuousClock.now + patience
        while .now < deadline {
            // Looked at before the output, which is whole once the program has ended.
            let hasEnded = process.ending != nil
            for line in process.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .dropFirst(seen.count)
            {
                seen.append(String(line))
                if line.contains(text) { return String(line) }
            }
            if hasEnded { return nil }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return nil
    }

    /// Reads to the end.
    func finish(isolation: isolated (any Actor)? = #isolation) async -> Int32? {
        while await line(containing: "", isolation: isolation) != nil {}
        return process.ending?.number
    }
}
