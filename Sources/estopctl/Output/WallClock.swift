internal import Glibc

/// The wall clock, for people to read. Nothing is decided by it.
enum WallClock {
    /// Now, in RFC 3339 in UTC with milliseconds.
    static var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let milliseconds = String(1000 + time.tv_nsec / 1_000_000).dropFirst()
        return format(time.tv_sec, "%Y-%m-%dT%H:%M:%S") + ".\(milliseconds)Z"
    }

    /// Now, fit for a file's name.
    static var nowForFileName: String { format(time(nil), "%Y-%m-%dT%H-%M-%SZ") }

    private static func format(_ seconds: time_t, _ pattern: String) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, pattern, &parts)
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
