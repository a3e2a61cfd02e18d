internal import Glibc
internal import Synchronization

/// Says things on a thread of its own: a pipe that nobody reads, a terminal held with Ctrl-S and a journal that hangs
/// keep a writer for ever, and no stop may wait for that. What finds no room is dropped and counted.
///
/// The thread begins with the first thing that is said: before that, a process may fork.
final class Voice: Sendable {
    /// On standard error, from where a command is run.
    static let standardError = Voice(STDERR_FILENO)

    private struct State {
        var waiting: [UInt8] = []
        var dropped = 0
        var hasThread = false
        var isSpeaking = false
    }

    private let output: CInt
    /// How many bytes may wait to be said.
    private let limit: Int
    private let state = Mutex(State())
    private nonisolated(unsafe) let available = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init(_ output: CInt, limit: Int = 1 << 16) {
        self.output = output
        self.limit = limit
        sem_init(available, 0, 0)
    }

    /// Has something said as soon as it can be; never waits.
    func say(_ message: String) {
        let line = StandardError.line(message).utf8
        state.withLock { state in
            if state.waiting.count + line.count <= limit {
                state.waiting += line
            } else {
                state.dropped += 1
            }
            // Without a thread it is said when there is one.
            if !state.hasThread { state.hasThread = startThread() }
        }
        sem_post(available)
    }

    /// Waits until everything is said, but no longer than this: for before an end.
    func finish(within limit: Duration = .milliseconds(500)) {
        let end = ContinuousClock.now + limit
        while state.withLock({ !$0.waiting.isEmpty || $0.isSpeaking }), ContinuousClock.now < end { usleep(1_000) }
    }

    private func startThread() -> Bool {
        // The signals are for those who read them.
        var before = Signals.block(1...64)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        let failure = pthread_create(
            &thread, nil, { Unmanaged<Voice>.fromOpaque($0!).takeRetainedValue().speak() }, retained.toOpaque())
        if failure != 0 { retained.release() }
        return failure == 0
    }

    private func speak() -> Never {
        while true {
            while sem_wait(available) != 0 {}
            let (lines, dropped) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.dropped = 0
                    state.isSpeaking = true
                }
                return (state.waiting, state.dropped)
            }
            write(lines)
            if dropped > 0 {
                write(Array(StandardError.line("nobody took what was said: \(dropped) messages were dropped").utf8))
            }
            state.withLock { $0.isSpeaking = false }
        }
    }

    private func write(_ bytes: [UInt8]) {
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
                // What cannot be said is lost: nothing depends on it.
                return
            }
        }
    }
}
