internal import Glibc

/// Times as a person reads them: in the zone of this machine, with its offset.
package enum LocalTime {
    /// `2026-11-24 14:03:12+01:00` for a time in RFC 3339; any other text as it is, for it may mean something to its
    /// author.
    package static func text(_ rfc3339: String) -> String {
        guard let seconds = seconds(rfc3339) else { return rfc3339 }
        var time = time_t(seconds)
        var parts = tm()
        guard localtime_r(&time, &parts) != nil else { return rfc3339 }
        let offset = parts.tm_gmtoff
        let sign = offset < 0 ? "-" : "+"
        let minutes = abs(offset) / 60
        let date = [pad(Int(parts.tm_year) + 1900, 4), pad(Int(parts.tm_mon) + 1), pad(Int(parts.tm_mday))]
        let clock = [pad(Int(parts.tm_hour)), pad(Int(parts.tm_min)), pad(Int(parts.tm_sec))]
        return date.joined(separator: "-") + " " + clock.joined(separator: ":")
            + "\(sign)\(pad(minutes / 60)):\(pad(minutes % 60))"
    }

    /// A time as a column of a table has it: on a terminal for a person in a hurry, elsewhere whole.
    package static func column(_ rfc3339: String) -> String {
        Terminal.isStandardOutput ? brief(rfc3339) : text(rfc3339)
    }

    /// `22:24:16 (3 min ago)`, and of another day `2026-11-24 14:03 (2 d ago)`.
    package static func brief(_ rfc3339: String, now: Int = time(nil)) -> String {
        guard let seconds = seconds(rfc3339) else { return rfc3339 }
        let whole = text(rfc3339)
        let today = text(WallClock.rfc3339(now)).prefix(10)
        let clock = whole.dropFirst(11).prefix(8)
        let shown = whole.prefix(10) == today ? String(clock) : "\(whole.prefix(10)) \(clock.prefix(5))"
        return seconds > now ? shown : "\(shown) (\(ago(now - seconds)))"
    }

    private static func ago(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s ago"
        case ..<3600: "\(seconds / 60) min ago"
        case ..<172_800: "\(seconds / 3600) h ago"
        default: "\(seconds / 86_400) d ago"
        }
    }

    /// How long ago a time in RFC 3339 was; `nil` where it is none. A time in the future was no time ago.
    package static func age(_ rfc3339: String, now: Int = time(nil)) -> Duration? {
        seconds(rfc3339).map { .seconds(max(0, now - $0)) }
    }

    /// Seconds since 1970 of a time in RFC 3339 (section 5.6), fractions dropped.
    package static func seconds(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":")
        else { return nil }
        func number(_ range: Range<Int>) -> Int32? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int32(String(decoding: bytes[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var rest = 19
        if rest < bytes.count, bytes[rest] == UInt8(ascii: ".") {
            rest += 1
            while rest < bytes.count, (0x30...0x39).contains(bytes[rest]) { rest += 1 }
        }
        guard let offset = offset(bytes[rest...]) else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = month - 1
        parts.tm_mday = day
        parts.tm_hour = hour
        parts.tm_min = minute
        parts.tm_sec = second
        return timegm(&parts) - offset
    }

    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int? {
        let text = String(decoding: bytes, as: UTF8.self)
        if text == "Z" || text == "z" { return 0 }
        guard text.utf8.count == 6, let sign = text.first, sign == "+" || sign == "-", text.dropFirst(3).first == ":",
            let hours = Int(text.dropFirst().prefix(2)), let minutes = Int(text.suffix(2))
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    private static func pad(_ number: Int, _ digits: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}

/// The wall clock, for people to read. Nothing is decided by it.
package enum WallClock {
    /// Now, in RFC 3339 in UTC with milliseconds.
    package static var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let milliseconds = String(1000 + time.tv_nsec / 1_000_000).dropFirst()
        return format(time.tv_sec, "%Y-%m-%dT%H:%M:%S") + ".\(milliseconds)Z"
    }

    /// A time, in seconds since 1970, in RFC 3339 in UTC.
    static func rfc3339(_ seconds: Int) -> String { format(seconds, "%Y-%m-%dT%H:%M:%SZ") }

    /// Now, fit for a file's name.
    package static var nowForFileName: String { format(time(nil), "%Y-%m-%dT%H-%M-%SZ") }

    private static func format(_ seconds: time_t, _ pattern: String) -> String {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, pattern, &parts)
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
