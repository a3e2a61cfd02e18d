/// Reads a stop file in one pass over its bytes, without recursion and without an allocation for each entry.
///
/// A fault makes the whole file malformed. The parser then looks for complete objects behind it all the same, since
/// a restraint that any complete object shows has to hold. To find them it takes up again behind the brace that began
/// the object at fault. An object begins with `{"`, and within a string no quote stands unescaped, so at most the
/// ten strings of one object are gone over again: the cost stays linear in the file's size.
struct StopFileParser {
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// The most notes that are kept.
    static let noteLimit = 1000

    /// Something wrong at a place.
    struct Fault: Error {
        var offset: Int
        var message: String
    }

    /// What was read, in the order of the file, a name that is listed twice twice.
    private(set) var records: [EntryTable.Record] = []
    /// What strings with escapes stand for, as if it followed the bytes of the file.
    private(set) var unescaped: [UInt8] = []
    /// The first thing that makes the file malformed.
    private(set) var fault: Fault?
    /// Gives the records away, so that they can be changed without being copied.
    mutating func takeRecords() -> [EntryTable.Record] {
        defer { records = [] }
        return records
    }

    /// What was noticed about single entries: the first `noteLimit` of it, for a file may have millions.
    private(set) var notes: [Fault] = []
    /// How much was noticed.
    private(set) var noteCount = 0
    /// How many bytes the recovery behind a fault went over, those that it went over again counted again.
    private(set) var recoverySteps = 0

    mutating func parse(_ bytes: Span<UInt8>) {
        records.reserveCapacity(bytes.count / 48)
        do throws(Fault) {
            try parseFile(bytes)
        } catch {
            fault = error
        }
        unescaped.removeLast(unescaped.count - unescapedInUse)
    }

    private mutating func parseFile(_ bytes: Span<UInt8>) throws(Fault) {
        var cursor = Self.startsWithByteOrderMark(bytes) ? Self.byteOrderMark.count : 0
        skipSpace(bytes, &cursor)
        do throws(Fault) {
            if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "[") {
                try parseArray(bytes, &cursor)
            } else {
                while cursor < bytes.count {
                    try parseObject(bytes, &cursor)
                    skipSpace(bytes, &cursor)
                }
            }
        } catch {
            findObjects(bytes)
            throw error
        }
    }

    private mutating func parseArray(_ bytes: Span<UInt8>, _ cursor: inout Int) throws(Fault) {
        cursor += 1
        skipSpace(bytes, &cursor)
        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "]") {
            cursor += 1
        } else {
            while true {
                try parseObject(bytes, &cursor)
                skipSpace(bytes, &cursor)
                let separator = cursor < bytes.count ? bytes[cursor] : nil
                guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "]") else {
                    throw unexpected(bytes, cursor, "\",\" or \"]\" behind an entry of the array")
                }
                cursor += 1
                if separator == UInt8(ascii: "]") { break }
                skipSpace(bytes, &cursor)
            }
        }
        skipSpace(bytes, &cursor)
        if cursor < bytes.count { throw unexpected(bytes, cursor, "nothing behind the array") }
    }

    /// Collects the complete objects behind a fault. What else there is has no meaning any more.
    private mutating func findObjects(_ bytes: Span<UInt8>) {
        isRecovering = true
        var search = resumption
        while let start = bytes.firstIndex(of: UInt8(ascii: "{"), in: min(search, bytes.count)..<bytes.count) {
            var cursor = start
            do throws(Fault) {
                try parseObject(bytes, &cursor)
                recoverySteps += cursor - search
                search = cursor
            } catch {
                recoverySteps += cursor - search
                search = start + 1
            }
        }
        recoverySteps += bytes.count - search
    }

    /// Where to look for objects after a fault: behind the last complete one, or behind the brace of the one at fault.
    private var resumption = 0
    /// How much of the unescaped text belongs to records.
    private var unescapedInUse = 0
    /// Whether there was a fault before, so that what looks like an object may be part of a text.
    private var isRecovering = false

    private mutating func parseObject(_ bytes: Span<UInt8>, _ cursor: inout Int) throws(Fault) {
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: "{") else {
            throw unexpected(bytes, cursor, "\"{\", the beginning of an entry")
        }
        let start = cursor
        resumption = start + 1
        unescaped.removeLast(unescaped.count - unescapedInUse)
        var values = ObjectValues()
        cursor += 1
        skipSpace(bytes, &cursor)
        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "}") {
            cursor += 1
            // Behind a fault, two braces may as well stand in a text: nothing is to be said about them.
            if isRecovering { return }
        } else {
            while true {
                try parseMember(bytes, &cursor, &values)
                skipSpace(bytes, &cursor)
                let separator = cursor < bytes.count ? bytes[cursor] : nil
                guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "}") else {
                    throw unexpected(bytes, cursor, "\",\" or \"}\" behind a value")
                }
                cursor += 1
                if separator == UInt8(ascii: "}") { break }
                skipSpace(bytes, &cursor)
            }
        }
        resumption = cursor
        finish(bytes, values, start..<cursor)
    }

    private mutating func parseMember(
        _ bytes: Span<UInt8>, _ cursor: inout Int, _ values: inout ObjectValues
    ) throws(Fault) {
        let keyStart = cursor
        let key = try parseString(bytes, &cursor, "a key in quotes")
        guard let field = withText(bytes, key, { ObjectValues.Field(key: $0) }) else {
            let name = withText(bytes, key) { quoted($0) }
            throw Fault(
                offset: keyStart, message: "unknown key \(name), expected Name, Status, Reason, By or At"
            )
        }
        guard !values.has(field) else {
            throw Fault(offset: keyStart, message: "the key \(field.rawValue) stands twice in one entry")
        }
        skipSpace(bytes, &cursor)
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: ":") else {
            throw unexpected(bytes, cursor, "\":\" behind the key \(field.rawValue)")
        }
        cursor += 1
        skipSpace(bytes, &cursor)
        let valueStart = cursor
        if isNull(bytes, cursor) {
            cursor += 4
            values.set(field, nil, at: valueStart)
        } else {
            values.set(
                field, try parseString(bytes, &cursor, "a string in quotes as \(field.rawValue)"), at: valueStart)
        }
    }

    /// Makes a record of a complete object, or a note of why it makes none.
    private mutating func finish(_ bytes: Span<UInt8>, _ values: ObjectValues, _ object: Range<Int>) {
        guard let given = values.text(.name) else {
            note(object.lowerBound, "the entry has no Name: it is ignored")
            return
        }
        let name: EntryTable.Text
        switch validName(bytes, given) {
        case .success(let valid): name = valid
        case .failure(let invalid):
            let why =
                switch invalid {
                case .empty: "is empty"
                case .tooLong: "has more than \(WorkflowName.byteLimit) bytes"
                case .controlCharacter: "has a control character in it"
                }
            note(values.offset(.name), "the Name \(why): the entry is ignored")
            return
        }
        let status = values.text(.status).flatMap { status in withText(bytes, status) { WorkflowStatus(exactly: $0) } }
        if status == nil {
            let found =
                values.text(.status).map { text in "the Status is \(withText(bytes, text) { quoted($0) })" }
                ?? "there is no Status"
            note(
                values.has(.status) ? values.offset(.status) : object.lowerBound,
                "\(found), expected \"go\", \"pause\" or \"stop\" (case matters): "
                    + "\(withText(bytes, string(name)) { quoted($0) }) is stopped"
            )
        }
        unescapedInUse = unescaped.count
        records.append(
            EntryTable.Record(
                name: name, status: status ?? .stop, isInvalid: status == nil,
                reason: values.text(.reason).map(\.text), by: values.text(.by).map(\.text),
                at: values.text(.at).map(\.text), object: EntryTable.Text(object)
            )
        )
    }
}

// MARK: - Strings

extension StopFileParser {
    /// A string that was read.
    struct StringText {
        var text: EntryTable.Text
        /// Whether it is printable ASCII throughout, without escapes.
        var isPlain: Bool
    }

    private mutating func parseString(
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
                throw Fault(
                    offset: cursor,
                    message: isEndOfLine
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
                    throw Fault(
                        offset: cursor,
                        message: "the byte 0x\(hex(UInt32(byte), 2)) in a string is not valid UTF-8 here, "
                            + "expected text in UTF-8"
                    )
                }
                cursor += length
            }
        }
        throw Fault(offset: bytes.count, message: "the file ends within a string, expected a quote that ends it")
    }

    /// The length of the escape at a backslash, with the second half of a surrogate pair where there is one.
    private func escapeLength(_ bytes: Span<UInt8>, _ backslash: Int) throws(Fault) -> Int {
        guard backslash + 1 < bytes.count else {
            throw Fault(offset: bytes.count, message: "the file ends within an escape, expected the rest of it")
        }
        switch bytes[backslash + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(bytes, backslash) else {
                throw Fault(offset: backslash, message: "a broken escape, expected four hexadecimal digits behind \\u")
            }
            guard 0xD800...0xDFFF ~= unit else { return 6 }
            guard unit < 0xDC00, let low = codeUnit(bytes, backslash + 6), 0xDC00...0xDFFF ~= low else {
                throw Fault(
                    offset: backslash,
                    message: "\\u\(hex(unit, 4)) is half of a surrogate pair, expected the other half"
                )
            }
            return 12
        default:
            throw Fault(
                offset: backslash, message: "an unknown escape, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u"
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
    private mutating func validName(
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
    private func withText<R>(_ bytes: Span<UInt8>, _ string: StringText, _ body: (Span<UInt8>) -> R) -> R {
        let range = string.text.range
        guard range.lowerBound >= bytes.count, !range.isEmpty else { return body(bytes.extracting(range)) }
        return body(unescaped.span.extracting(range.lowerBound - bytes.count..<range.upperBound - bytes.count))
    }

    private func string(_ text: EntryTable.Text) -> StringText {
        StringText(text: text, isPlain: false)
    }
}

// MARK: - Small things

extension StopFileParser {
    private mutating func note(_ offset: Int, _ message: String) {
        noteCount += 1
        if noteCount <= Self.noteLimit { notes.append(Fault(offset: offset, message: message)) }
    }

    private static func startsWithByteOrderMark(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
    }

    private func skipSpace(_ bytes: Span<UInt8>, _ cursor: inout Int) {
        while cursor < bytes.count {
            switch bytes[cursor] {
            case 0x20, 0x09, 0x0A, 0x0D: cursor += 1
            default: return
            }
        }
    }

    private func isNull(_ bytes: Span<UInt8>, _ cursor: Int) -> Bool {
        cursor + 4 <= bytes.count && bytes[cursor] == UInt8(ascii: "n")
            && bytes.extracting(cursor..<cursor + 4).spells("null")
    }

    private func unexpected(_ bytes: Span<UInt8>, _ offset: Int, _ expected: String) -> Fault {
        guard offset < bytes.count else {
            return Fault(offset: offset, message: "the file ends here, expected \(expected)")
        }
        return Fault(offset: offset, message: "\(found(bytes, offset)) here, expected \(expected)")
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
        guard length > 0 else { return "the byte 0x\(hex(UInt32(byte), 2)), which is not valid UTF-8," }
        let text = String(decodingValid: bytes.extracting(offset..<offset + length))
        guard let scalar = text.unicodeScalars.first else { return "text" }
        return switch scalar.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse,
            .surrogate, .nonspacingMark, .enclosingMark, .spacingMark:
            codePoint(scalar.value)
        default: "\"\(text)\" (\(codePoint(scalar.value)))"
        }
    }

    private func codePoint(_ value: UInt32) -> String { "U+" + hex(value, 4) }

    private func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// Text of the file for a message: shortened, and encoded so that it cannot disturb a terminal or forge a line.
    private func quoted(_ text: Span<UInt8>) -> String {
        var end = min(text.count, 64)
        while end > 0, end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
        var encoded: [UInt8] = []
        FieldEncoding.append(text.extracting(first: end), to: &encoded)
        return "\"" + String(decoding: encoded, as: UTF8.self) + (end < text.count ? "…" : "") + "\""
    }
}
