// Objects that are no entries: the header of a fleet file, and a host's leave.

extension StopFileParser {
    /// A key of such an object, and its value.
    struct Member: Sendable {
        var key: String
        var value: String
        /// Where the value stands.
        var offset: Int
    }

    /// Reads an object that has these keys and no others, each at most once, and strings as their values.
    ///
    /// Programs write such objects, so the keys are spelled as they are.
    mutating func parseTexts(
        _ bytes: Span<UInt8>, _ cursor: inout Int, keys: [String]
    ) throws(Fault) -> [Member] {
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: "{") else {
            throw unexpected(bytes, cursor, "\"{\", the beginning of an object with \(Self.list(keys))")
        }
        let start = cursor
        var members: [Member] = []
        repeat {
            cursor += 1
            skipSpace(bytes, &cursor)
            let keyStart = cursor
            let text = try parseString(bytes, &cursor, "a key in quotes")
            guard let key = withText(bytes, text, { text in keys.first { text.spells($0) } }) else {
                let found = withText(bytes, text) { Self.quoted($0) }
                throw failure(keyStart, "unknown key \(found), expected \(Self.list(keys))")
            }
            guard !members.contains(where: { $0.key == key }) else {
                throw failure(keyStart, "the key \(key) stands twice in one object")
            }
            skipSpace(bytes, &cursor)
            guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: ":") else {
                throw unexpected(bytes, cursor, "\":\" after the key \(key)")
            }
            cursor += 1
            skipSpace(bytes, &cursor)
            let offset = cursor
            let value = try parseString(bytes, &cursor, "a string in quotes as \(key)")
            members.append(
                Member(key: key, value: withText(bytes, value) { String(decodingValid: $0) }, offset: offset))
            skipSpace(bytes, &cursor)
            guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: ",") || bytes[cursor] == UInt8(ascii: "}") else {
                throw unexpected(bytes, cursor, "\",\" or \"}\" after a value")
            }
        } while bytes[cursor] == UInt8(ascii: ",")
        cursor += 1
        for key in keys where !members.contains(where: { $0.key == key }) {
            throw failure(start, "this object has no \(key), expected \(Self.list(keys))")
        }
        return members
    }

    /// Reads a text that is such an object and nothing else.
    mutating func parseTexts(only bytes: Span<UInt8>, keys: [String]) throws(Fault) -> [Member] {
        var cursor = 0
        skipSpace(bytes, &cursor)
        let members = try parseTexts(bytes, &cursor, keys: keys)
        skipSpace(bytes, &cursor)
        if cursor < bytes.count { throw unexpected(bytes, cursor, "nothing after the object") }
        return members
    }

    private static func list(_ keys: [String]) -> String {
        keys.dropLast().joined(separator: ", ") + " and " + (keys.last ?? "")
    }
}

extension [StopFileParser.Member] {
    subscript(key: String) -> StopFileParser.Member {
        // Whoever asks has read an object that has all keys.
        first { $0.key == key } ?? StopFileParser.Member(key: key, value: "", offset: 0)
    }
}

extension StopFileParser.Member {
    /// The value, where it can be shown in a line: not empty, no longer than a name, without control characters.
    func label() throws(StopFileParser.Fault) -> String {
        guard let name = try? WorkflowName(value), name.text.utf8.elementsEqual(value.utf8) else {
            throw StopFileParser.Fault(
                offset: offset,
                message: "the \(key) is none, expected 1 to \(WorkflowName.byteLimit) bytes without control characters"
            )
        }
        return value
    }

    /// The value as a number: digits, and no more of them than fit.
    func number() throws(StopFileParser.Fault) -> Int64 {
        guard value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int64(value)
        else {
            throw StopFileParser.Fault(offset: offset, message: "the \(key) is no number, expected digits in quotes")
        }
        return number
    }
}
