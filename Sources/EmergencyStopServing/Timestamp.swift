internal import Glibc

/// A time of the wall clock, for people to read. Nothing is decided by it: the wall clock may be set at any moment.
package struct Timestamp: Sendable, Hashable {
    package var seconds: Int
    package var nanoseconds: Int

    package init(seconds: Int, nanoseconds: Int) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The time that was so long ago.
    package func before(_ age: Duration) -> Timestamp {
        let (wholeSeconds, attoseconds) = age.components
        let left = nanoseconds - Int(attoseconds / 1_000_000_000)
        let borrowed = left < 0 ? 1 : 0
        return Timestamp(
            seconds: seconds - Int(wholeSeconds) - borrowed, nanoseconds: left + borrowed * 1_000_000_000
        )
    }

    /// The same without its fraction of a second.
    package var inWholeSeconds: Timestamp { Timestamp(seconds: seconds, nanoseconds: 0) }

    /// Seconds since 1970, as metrics have it.
    package var secondsSince1970: Double { Double(seconds) + Double(nanoseconds) / 1e9 }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds, for example `2026-11-22T18:00:00.125Z`.
    package var description: String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let digits = [
            (Int(parts.tm_year) + 1900, 4, "-"), (Int(parts.tm_mon) + 1, 2, "-"), (Int(parts.tm_mday), 2, "T"),
            (Int(parts.tm_hour), 2, ":"), (Int(parts.tm_min), 2, ":"), (Int(parts.tm_sec), 2, "."),
            (nanoseconds / 1_000_000, 3, "Z"),
        ]
        return digits.reduce(into: "") { text, part in
            let number = String(part.0)
            text += String(repeating: "0", count: max(0, part.1 - number.utf8.count)) + number + part.2
        }
    }
}
