// How faults are told: what was found and what was expected, so that it cannot disturb a terminal or forge a line.

extension StopFileParser {
    /// A fault. Only the first is ever told: behind it a file may have as many as it has braces, and to word them all
    /// would take longer than the lease.
    func failure(_ offset: Int, _ message: @autoclosure () -> String) -> Fault {
        Fault(offset: offset, message: isRecovering ? "" : message())
    }

    func unexpected(_ bytes: Span<UInt8>, _ offset: Int, _ expected: @autoclosure () -> String) -> Fault {
        failure(
            offset,
            "\(offset < bytes.count ? "found \(found(bytes, offset))" : "the file ends here"), expected \(expected())"
        )
    }

    /// What stands at a place, so that it can be recognised and cannot disturb a terminal.
    private func found(_ bytes: Span<UInt8>, _ offset: Int) -> String {
        let byte = bytes[offset]
        switch byte {
        case UInt8(ascii: "\""): return "a quote"
        case 0x21..<0x7F: return "\"\(Character(Unicode.Scalar(byte)))\""
        case 0x00...0x20, 0x7F: return "a control character (\(codePoint(UInt32(byte))))"
        default: break
        }
        let length = UTF8Scalar.length(at: offset, in: bytes)
        guard length > 0 else { return "the byte 0x\(hex(UInt32(byte), 2)), which is not valid UTF-8" }
        let text = String(decodingValid: bytes.extracting(offset..<offset + length))
        guard let scalar = text.unicodeScalars.first else { return "text" }
        return switch scalar.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse,
            .surrogate, .nonspacingMark, .enclosingMark, .spacingMark:
            codePoint(scalar.value)
        default: "\"\(text)\" (\(codePoint(scalar.value)))"
        }
    }

    func codePoint(_ value: UInt32) -> String { "U+" + hex(value, 4) }

    func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// Text of the file for a message: shortened, and encoded so that it cannot disturb a terminal or forge a line.
    static func quoted(_ text: Span<UInt8>) -> String {
        var end = min(text.count, 64)
        while end > 0, end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
        var encoded: [UInt8] = []
        FieldEncoding.append(text.extracting(first: end), to: &encoded)
        return "\"" + String(decoding: encoded, as: UTF8.self) + (end < text.count ? "…" : "") + "\""
    }
}
