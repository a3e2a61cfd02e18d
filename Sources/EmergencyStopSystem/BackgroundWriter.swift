internal import Glibc
internal import Synchronization

/// Writes on a thread of its own: a pipe that nobody reads, a terminal held with Ctrl-S and a journal that hangs keep a
/// writer for ever, and no stop may wait for that. What finds no room is dropped and counted.
///
/// The thread begins with the first thing that is written: before that, a process may fork. Thread-safe.
package final class BackgroundWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var dropped = 0
        var hasThread = false
        var isWriting = false
    }

    private let output: CInt
    private let limit: Int
    private let threadName: String
    private let lossNote: @Sendable (Int) -> String
    private let state = Mutex(State())
    private nonisolated(unsafe) let available = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    /// - Parameters:
    ///   - output: The descriptor to write to.
    ///   - limit: How many bytes may wait.
    ///   - threadName: What `ps -L` shows, at most 15 bytes.
    ///   - lossNote: The line that tells how many writes were dropped.
    package init(
        _ output: CInt, limit: Int, threadName: String, lossNote: @escaping @Sendable (Int) -> String
    ) {
        self.output = output
        self.limit = limit
        self.threadName = threadName
        self.lossNote = lossNote
        sem_init(available, 0, 0)
    }

    /// Has bytes written as soon as can be, whole or not at all; never waits.
    package func write(_ bytes: some Collection<UInt8>) {
        state.withLock { state in
            if state.waiting.count + bytes.count <= limit {
                state.waiting += bytes
            } else {
                state.dropped += 1
            }
            // Where no thread can be had, it is tried again with the next.
            if !state.hasThread { state.hasThread = startThread() }
        }
        sem_post(available)
    }

    /// Waits until everything is written, but no longer than this: for before an end.
    package func drain(within limit: Duration) {
        let end = ContinuousClock.now + limit
        while state.withLock({ !$0.waiting.isEmpty || $0.isWriting }), ContinuousClock.now < end { usleep(1_000) }
    }

    private func startThread() -> Bool {
        (try? DetachedThread.start(name: threadName) { self.run() }) != nil
    }

    private func run() -> Never {
        while true {
            while sem_wait(available) != 0 {}
            let (bytes, dropped) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.dropped = 0
                    state.isWriting = true
                }
                return (state.waiting, state.dropped)
            }
            writeAll(bytes)
            if dropped > 0 { writeAll(Array(lossNote(dropped).utf8)) }
            state.withLock { $0.isWriting = false }
        }
    }

    private func writeAll(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Whoever else has it may have made it so that a write does not wait.
                var entry = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                poll(&entry, 1, -1)
            } else if errno != EINTR {
                // What cannot be written is lost: nothing depends on it.
                return
            }
        }
    }
}
