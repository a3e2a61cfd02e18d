// Strings: their extent, their escapes, and the names among them.

extension StopFileParser {
    /// A string that was read.
    struct StringText {
        var text: EntryTable.Text
        /// Whether it is printable ASCII throughout, without escapes.
        var isPlain: Bool
    }

    mutating func parseString(
        _ bytes: Span<UInt8>, _ cursor: inout Int, _ expected: @autoclosure () -> String
    ) throws(Fault) -> StringText {
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: "\"") else {
            throw unexpected(bytes, cursor, expected())
        }
        cursor += 1
        let start = cursor
        var isPlain = true
        var hasEscapes = false
        while cursor < bytes.count {
            let byte = bytes[cursor]
            if byte == UInt8(ascii: "\"") {
                let range = start..<cursor
                cursor += 1
                guard hasEscapes else { return StringText(text: EntryTable.Text(range), isPlain: isPlain) }
                return StringText(text: unescape(bytes, range), isPlain: false)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                cursor += try escapeLength(bytes, cursor)
            } else if byte < 0x20 {
                let isEndOfLine = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
                throw failure(
                    cursor,
                    isEndOfLine
                        ? "the line ends within a string, expected a quote that ends it"
                        : "a control character (\(codePoint(UInt32(byte)))) in a string, expected it escaped, "
                            + "or a quote that ends the string"
                )
            } else if byte < 0x7F {
                cursor += 1
            } else {
                isPlain = false
                let length = UTF8Scalar.length(at: cursor, in: bytes)
                guard length > 0 else {
                    throw failure(
                        cursor,
                        "the byte 0x\(hex(UInt32(byte), 2)) in a string is not valid UTF-8 here, "
                            + "expected text in UTF-8"
                    )
                }
                cursor += length
            }
        }
        throw failure(bytes.count, "the file ends within a string, expected a quote that ends it")
    }

    /// The length of the escape at a backslash, with the second half of a surrogate pair where there is one.
    private func escapeLength(_ bytes: Span<UInt8>, _ backslash: Int) throws(Fault) -> Int {
        guard backslash + 1 < bytes.count else {
            throw failure(bytes.count, "the file ends within an escape, expected the rest of it")
        }
        switch bytes[backslash + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(bytes, backslash) else {
                throw failure(backslash, "a broken escape, expected four hexadecimal digits after \\u")
            }
            guard 0xD800...0xDFFF ~= unit else { return 6 }
            guard unit < 0xDC00, let low = codeUnit(bytes, backslash + 6), 0xDC00...0xDFFF ~= low else {
                throw failure(
                    backslash, "\\u\(hex(unit, 4)) is half of a surrogate pair, expected the other half"
                )
            }
            return 12
        default:
            throw failure(
                backslash, "an unknown escape, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u"
            )
        }
    }

    /// The four digits of the escape `\uXXXX` at this place, where there is one.
    private func codeUnit(_ bytes: Span<UInt8>, _ backslash: Int) -> UInt32? {
        guard backslash + 6 <= bytes.count, bytes[backslash] == UInt8(ascii: "\\"),
            bytes[backslash + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for offset in 2..<6 {
            guard let digit = HexDigit.value(bytes[backslash + offset]) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Writes what a string stands for whose escapes are known to be valid.
    private mutating func unescape(_ bytes: Span<UInt8>, _ range: Range<Int>) -> EntryTable.Text {
        let start = unescaped.count
        var cursor = range.lowerBound
        while cursor < range.upperBound {
            let byte = bytes[cursor]
            guard byte == UInt8(ascii: "\\") else {
                unescaped.append(byte)
                cursor += 1
                continue
            }
            switch bytes[cursor + 1] {
            case UInt8(ascii: "b"): unescaped.append(0x08)
            case UInt8(ascii: "f"): unescaped.append(0x0C)
            case UInt8(ascii: "n"): unescaped.append(0x0A)
            case UInt8(ascii: "r"): unescaped.append(0x0D)
            case UInt8(ascii: "t"): unescaped.append(0x09)
            case UInt8(ascii: "u"):
                cursor += appendCodeUnits(bytes, cursor)
                continue
            case let literal: unescaped.append(literal)
            }
            cursor += 2
        }
        return EntryTable.Text(bytes.count + start..<bytes.count + unescaped.count)
    }

    /// Writes the scalar of the escape at this place and returns the escape's length.
    private mutating func appendCodeUnits(_ bytes: Span<UInt8>, _ backslash: Int) -> Int {
        guard let high = codeUnit(bytes, backslash) else { return 2 }
        var value = high
        var length = 6
        if 0xD800...0xDBFF ~= high, let low = codeUnit(bytes, backslash + 6) {
            value = 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
            length = 12
        }
        if let scalar = Unicode.Scalar(value) { unescaped.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
        return length
    }

    /// The name trimmed and checked.
    mutating func validName(
        _ bytes: Span<UInt8>, _ given: StringText
    ) -> Result<EntryTable.Text, WorkflowName.InvalidName> {
        let range = given.text.range
        if given.isPlain, Request.isPlainName(bytes.extracting(range)) { return .success(given.text) }
        let text = withText(bytes, given) { String(decodingValid: $0) }
        do throws(WorkflowName.InvalidName) {
            let name = try WorkflowName(text)
            guard name.text.utf8.count < range.count else { return .success(given.text) }
            let start = bytes.count + unescaped.count
            unescaped += name.text.utf8
            return .success(EntryTable.Text(start..<bytes.count + unescaped.count))
        } catch {
            return .failure(error)
        }
    }

    /// The bytes of a string that was read: in the file, or behind it among the unescaped.
    func withText<R>(_ bytes: Span<UInt8>, _ string: StringText, _ body: (Span<UInt8>) -> R) -> R {
        let range = string.text.range
        guard range.lowerBound >= bytes.count, !range.isEmpty else { return body(bytes.extracting(range)) }
        return body(unescaped.span.extracting(range.lowerBound - bytes.count..<range.upperBound - bytes.count))
    }

    func string(_ text: EntryTable.Text) -> StringText {
        StringText(text: text, isPlain: false)
    }
}
