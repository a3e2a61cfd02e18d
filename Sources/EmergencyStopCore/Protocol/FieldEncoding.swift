/// How the values of fields are written: what is never shown as it is (``UnsafeText``), `%` and invalid UTF-8 as `%XX`,
/// and no more than 255 bytes of the value itself.
///
/// Nothing that an operator writes as a reason, or a process has as its name, can so end a line or forge a field.
package enum FieldEncoding {
    /// The most bytes of a value that are sent; what follows is cut off at the border of a character.
    package static let byteLimit = 255

    /// Appends the value, encoded.
    ///
    /// - Parameter inQuotes: Whether it stands between quotation marks: then those in it, and `\`, have a `\` before.
    package static func append(_ value: Span<UInt8>, to bytes: inout [UInt8], inQuotes: Bool = false) {
        var index = 0
        let end = cut(value)
        while index < end {
            let byte = value[index]
            if byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "%") {
                if inQuotes, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    bytes.append(UInt8(ascii: "\\"))
                }
                bytes.append(byte)
                index += 1
            } else {
                let length = UTF8Scalar.length(at: index, in: value)
                let isPlain = length > 1 && !UnsafeText.contains(UTF8Scalar.scalar(at: index, length, in: value))
                for offset in index..<index + max(length, 1) {
                    if isPlain {
                        bytes.append(value[offset])
                    } else {
                        appendEscaped(value[offset], to: &bytes)
                    }
                }
                index += max(length, 1)
            }
        }
    }

    /// What an encoded value stands for. A `%` that is not followed by two digits stands for itself, and invalid
    /// UTF-8 becomes U+FFFD: a reader has to show something.
    package static func decode(_ encoded: Span<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var index = 0
        while index < encoded.count {
            if encoded[index] == UInt8(ascii: "%"), index + 2 < encoded.count,
                let high = HexDigit.value(encoded[index + 1]), let low = HexDigit.value(encoded[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(encoded[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "%"))
        bytes.append(HexDigit.uppercase(byte >> 4))
        bytes.append(HexDigit.uppercase(byte & 0xF))
    }

    /// How much of the value is sent.
    private static func cut(_ value: Span<UInt8>) -> Int {
        guard value.count > byteLimit else { return value.count }
        var end = byteLimit
        while end > byteLimit - 4, value[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }
}
