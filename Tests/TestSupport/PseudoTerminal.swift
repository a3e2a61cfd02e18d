internal import Glibc
internal import Synchronization

/// A terminal that a test types into and reads from, for a process whose controlling terminal it is.
package final class PseudoTerminal: Sendable {
    private struct State {
        var main: CInt
        var received: [UInt8] = []
    }

    /// The path of the end that the process has.
    package let path: String
    private let state: Mutex<State>

    package init(columns: Int = 80, rows: Int = 24) throws {
        // As `posix_openpt`, `unlockpt` and `ptsname` do it, which Swift hides.
        let main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var (unlocked, number): (Int32, UInt32) = (0, 0)
        guard main >= 0, ioctl(main, 0x4004_5431, &unlocked) == 0, ioctl(main, 0x8004_5430, &number) == 0 else {
            throw TestFailure(systemCall: "open /dev/ptmx")
        }
        path = "/dev/pts/\(number)"
        state = Mutex(State(main: main))
        resize(columns: columns, rows: rows)
    }

    deinit { hangUp() }

    /// Changes the size, which the process in the foreground is told by SIGWINCH.
    package func resize(columns: Int, rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        state.withLock { _ = ioctl($0.main, UInt(TIOCSWINSZ), &size) }
    }

    /// Types; control characters do what they do at a keyboard.
    package func type(_ text: String) {
        let bytes = Array(text.utf8)
        state.withLock { _ = write($0.main, bytes, bytes.count) }
    }

    /// Closes this end, as a connection that breaks does.
    package func hangUp() {
        state.withLock { state in
            if state.main >= 0 { close(state.main) }
            state.main = -1
        }
    }

    /// Everything that has been written to it so far, echoes too.
    package var text: String {
        let bytes = state.withLock { state in
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while state.main >= 0 {
                let count = read(state.main, &piece, piece.count)
                guard count > 0 else { break }
                state.received += piece[..<count]
            }
            return state.received
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Waits until something has been written to it, so many times.
    package func expect(_ part: String, times: Int = 1) throws {
        var seen = ""
        try eventually("\(part.debugDescription) on the terminal, where there is \(seen.debugDescription)") {
            seen = text
            return seen.ranges(of: part).count >= times
        }
    }
}
