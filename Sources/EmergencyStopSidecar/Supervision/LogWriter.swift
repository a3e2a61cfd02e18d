internal import EmergencyStopSystem
internal import Glibc
internal import Synchronization

/// Writes log lines on a thread of its own, so that a terminal that is held, or a journal that hangs, cannot hold up
/// the event loop: lines that find no room are dropped and counted, stops are not.
///
/// Thread-safe.
package final class LogWriter: Sendable {
    /// How many bytes may wait to be written.
    private static let limit = 1 << 20

    private struct State {
        var waiting: [UInt8] = []
        var dropped = 0
        var isWriting = false
    }

    private let state = Mutex(State())
    private let output: Int32
    /// A pipe in which a byte lies when there is something to write.
    private let wake: (reading: Int32, writing: Int32)

    package init(output: Int32) {
        self.output = output
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wake = (ends[0], ends[1])
        do throws(SystemError) {
            try SourceThread.start(name: "estopd-log") { self.run() }
        } catch {
            fatalError("cannot start the thread that writes the log: \(error)")
        }
    }

    /// Has a line written, which brings its line feed along.
    package func write(_ line: [UInt8]) {
        let wasEmpty = state.withLock { state in
            guard state.waiting.count + line.count <= Self.limit else {
                state.dropped += 1
                return false
            }
            defer { state.waiting += line }
            return state.waiting.isEmpty
        }
        if wasEmpty {
            var byte: UInt8 = 0
            _ = Glibc.write(wake.writing, &byte, 1)
        }
    }

    /// Waits until everything is written, but no longer than so many milliseconds.
    package func drain(milliseconds: Int) {
        for _ in 0..<milliseconds {
            if state.withLock({ $0.waiting.isEmpty && !$0.isWriting }) { return }
            usleep(1000)
        }
    }

    private func run() {
        var byte: UInt8 = 0
        while true {
            let result = read(wake.reading, &byte, 1)
            guard result == 1 || (result < 0 && errno == EINTR) else { return }
            let (lines, dropped) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.dropped = 0
                    state.isWriting = true
                }
                return (state.waiting, state.dropped)
            }
            writeAll(lines)
            if dropped > 0 { writeAll(Array("\(dropped) log lines were dropped: the log was not taken\n".utf8)) }
            state.withLock { $0.isWriting = false }
        }
    }

    private func writeAll(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
