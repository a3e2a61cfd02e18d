package import Glibc

/// A process as `/proc/PID/stat` shows it.
package struct ProcessStatus: Sendable, Hashable {
    package var pid: pid_t
    package var parent: pid_t
    /// T is stopped; of Z only the entry in the process table is left, or its first thread alone has ended.
    package var state: Character
    /// The name of the command as the kernel has it, at most 15 bytes of anything.
    package var command: [UInt8]
    package var threads: Int
    /// When it was started, in clock ticks since the machine was: ids are used again, and this tells whose it is now.
    package var startedAt: UInt64

    package init(
        pid: pid_t, parent: pid_t, state: Character, command: [UInt8], threads: Int = 1, startedAt: UInt64 = 0
    ) {
        self.pid = pid
        self.parent = parent
        self.state = state
        self.command = command
        self.threads = threads
        self.startedAt = startedAt
    }

    package var name: String { String(decoding: command, as: UTF8.self) }

    /// Whether it does nothing more. Where only the first thread has ended, the others work on.
    package var hasEnded: Bool { (state == "Z" || state == "X") && threads <= 1 }

    package var isStopped: Bool { state == "T" }
}

// MARK: - Reading

extension ProcessStatus {
    /// More than the kernel needs for the fields that are read.
    private static let sizeLimit = 2048

    /// Reads the line of `/proc/PID/stat`; `nil` where it is none.
    package init?(line: [UInt8]) {
        // PID (COMMAND) STATE …: the command may hold anything, parentheses too, so the last one ends it.
        guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")),
            open < close, let pid = pid_t(String(decoding: line[..<open], as: UTF8.self).filter { $0 != " " })
        else { return nil }
        // From the state on, which is field 3: the start of the process is field 22.
        let fields = line[(close + 1)...].split(maxSplits: 20) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        func number<Number: FixedWidthInteger>(_ field: Int) -> Number? {
            Number(String(decoding: fields[field - 3], as: UTF8.self))
        }
        guard fields.count >= 20, fields[0].count == 1, let state = fields[0].first,
            let parent: pid_t = number(4), let threads: Int = number(20), let startedAt: UInt64 = number(22)
        else { return nil }
        self.init(
            pid: pid, parent: parent, state: Character(Unicode.Scalar(state)),
            command: Array(line[(open + 1)..<close]), threads: threads, startedAt: startedAt
        )
    }

    /// Looks at a process; `nil` where there is none, or none that can be seen.
    package init?(of pid: pid_t) {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let line = Self.bytes(of: descriptor) else { return nil }
        self.init(line: line)
    }

    /// What a file below `/proc` holds, as far as it is read.
    static func bytes(of descriptor: CInt) -> [UInt8]? {
        var failed = false
        let line = [UInt8](unsafeUninitializedCapacity: sizeLimit) { buffer, count in
            let result = read(descriptor, buffer.baseAddress, buffer.count)
            failed = result < 0
            count = max(0, result)
        }
        return failed ? nil : line
    }
}
