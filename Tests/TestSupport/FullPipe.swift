internal import Glibc

/// A pipe that nobody reads and that has no room left: who writes to it waits for ever.
package final class FullPipe: Sendable {
    /// The end that is written to.
    package let writingEnd: CInt
    private let readingEnd: CInt
    /// How much it holds that is none of the writers'.
    private let filling: Int

    package init() throws {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TestFailure(systemCall: "pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readingEnd, writingEnd) = (ends[0], ends[1])
        // Only while it is filled: whoever gets it writes as to any pipe.
        let flags = fcntl(writingEnd, F_GETFL)
        _ = fcntl(writingEnd, F_SETFL, flags | O_NONBLOCK)
        let piece = [UInt8](repeating: UInt8(ascii: "-"), count: 4096)
        var total = 0
        for size in [piece.count, 1] {
            while case let count = write(writingEnd, piece, size), count > 0 { total += count }
        }
        _ = fcntl(writingEnd, F_SETFL, flags)
        filling = total
    }

    deinit {
        close(readingEnd)
        close(writingEnd)
    }

    /// Reads what it was filled with, so that there is room.
    package func makeRoom() {
        var rest = filling
        while rest > 0 { rest -= take(atMost: rest).count }
    }

    /// What has been written to it and can be read at once.
    package func take(atMost limit: Int = 1 << 16) -> [UInt8] {
        var entry = pollfd(fd: readingEnd, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 0) == 1 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, read(readingEnd, buffer.baseAddress, limit))
        }
    }
}
