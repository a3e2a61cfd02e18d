/// Well-formed UTF-8, a scalar at a time.
enum UTF8Scalar {
    /// The length of the scalar that begins here, or 0 where what is here is not well-formed.
    ///
    /// Source: the Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
    static func length(at index: Int, in bytes: Span<UInt8>) -> Int {
        let length: Int
        let second: ClosedRange<UInt8>
        switch bytes[index] {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// The scalar that begins here and has a length of more than one.
    static func scalar(at index: Int, _ length: Int, in bytes: Span<UInt8>) -> Unicode.Scalar {
        // The first byte has a bit for each byte of the length, and a 0 behind them.
        var value = UInt32(bytes[index] & (0x7F >> UInt8(length)))
        for offset in 1..<length { value = value << 6 | UInt32(bytes[index + offset] & 0x3F) }
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }
}
