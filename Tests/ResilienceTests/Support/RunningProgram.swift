import Foundation

/// A program of this package while it runs, read line by line.
final class RunningProgram {
    let process: Process
    private var lines: AsyncStream<String>.Iterator
    /// All lines so far.
    private(set) var seen: [String] = []

    init(_ name: String, _ arguments: [String]) throws {
        let (process, output, _) = try Program(name).start(arguments)
        self.process = process
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        // Off the pool: reading blocks.
        Thread.detachNewThread {
            var rest: [UInt8] = []
            while case let data = output.availableData, !data.isEmpty {
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeSubrange(...end)
                }
            }
            continuation.finish()
        }
        lines = stream.makeAsyncIterator()
    }

    deinit {
        if process.isRunning { process.terminate() }
    }

    /// Reads on to the first line that holds `text`; nil when the program ends without one.
    @discardableResult
    func line(containing text: String, isolation: isolated (any Actor)? = #isolation) async -> String? {
        while let line = await lines.next(isolation: isolation) {
            seen.append(line)
            if line.contains(text) { return line }
        }
        return nil
    }

    /// Reads to the end.
    func finish(isolation: isolated (any Actor)? = #isolation) async -> Int32 {
        while let line = await lines.next(isolation: isolation) { seen.append(line) }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
