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

    /// The keys of an object that has to stand first in an array; none where entries alone are read.
    private let headerKeys: [String]
    /// What that object holds.
    private(set) var header: [Member] = []
    /// What was read, in the order of the file, a name that is listed twice twice.
    private(set) var records: [EntryTable.Record] = []
    /// What strings with escapes stand for, as if it followed the bytes of the file.
    var unescaped: [UInt8] = []
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

    init(headerKeys: [String] = []) {
        self.headerKeys = headerKeys
    }

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
            } else if !headerKeys.isEmpty {
                throw unexpected(bytes, cursor, "\"[\", the beginning of an array")
            } else {
                while cursor < bytes.count {
                    try parseObject(bytes, &cursor)
                    skipSpace(bytes, &cursor)
                }
            }
        } catch {
            // Without the header nothing is believed, the restraints neither: all is stopped then.
            if headerKeys.isEmpty { findObjects(bytes) }
            throw error
        }
    }

    private mutating func parseArray(_ bytes: Span<UInt8>, _ cursor: inout Int) throws(Fault) {
        cursor += 1
        skipSpace(bytes, &cursor)
        if headerKeys.isEmpty, cursor < bytes.count, bytes[cursor] == UInt8(ascii: "]") {
            cursor += 1
        } else {
            while true {
                if header.isEmpty, !headerKeys.isEmpty {
                    header = try parseTexts(bytes, &cursor, keys: headerKeys)
                } else {
                    try parseObject(bytes, &cursor)
                }
                skipSpace(bytes, &cursor)
                let separator = cursor < bytes.count ? bytes[cursor] : nil
                guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "]") else {
                    throw unexpected(bytes, cursor, "\",\" or \"]\" after an entry of the array")
                }
                cursor += 1
                if separator == UInt8(ascii: "]") { break }
                skipSpace(bytes, &cursor)
            }
        }
        skipSpace(bytes, &cursor)
        if cursor < bytes.count { throw unexpected(bytes, cursor, "nothing after the array") }
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
    private(set) var isRecovering = false

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
                    throw unexpected(bytes, cursor, "\",\" or \"}\" after a value")
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
            throw failure(
                keyStart,
                "unknown key \(withText(bytes, key) { Self.quoted($0) }), expected Name, Status, Reason, By or At"
            )
        }
        guard !values.has(field) else {
            throw failure(keyStart, "the key \(field.rawValue) stands twice in one entry")
        }
        skipSpace(bytes, &cursor)
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: ":") else {
            throw unexpected(bytes, cursor, "\":\" after the key \(field.rawValue)")
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
            let shown = invalid == .empty ? "" : " " + withText(bytes, given) { Self.quoted($0) }
            note(values.offset(.name), "the Name\(shown) \(why): the entry is ignored")
            return
        }
        let status = values.text(.status).flatMap { status in withText(bytes, status) { WorkflowStatus(exactly: $0) } }
        if status == nil { noteStatus(bytes, values, name, object) }
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

// MARK: - Small things

extension StopFileParser {
    private mutating func noteStatus(
        _ bytes: Span<UInt8>, _ values: ObjectValues, _ name: EntryTable.Text, _ object: Range<Int>
    ) {
        // Not worded where it would not be kept: every entry of a file may have such a status.
        guard noteCount < Self.noteLimit else {
            noteCount += 1
            return
        }
        let found =
            values.text(.status).map { text in "the Status is \(withText(bytes, text) { Self.quoted($0) })" }
            ?? "there is no Status"
        note(
            values.has(.status) ? values.offset(.status) : object.lowerBound,
            "\(found), expected \"go\", \"pause\" or \"stop\" (case matters): "
                + "\(withText(bytes, string(name)) { Self.quoted($0) }) is stopped"
        )
    }

    private mutating func note(_ offset: Int, _ message: String) {
        noteCount += 1
        if noteCount <= Self.noteLimit { notes.append(Fault(offset: offset, message: message)) }
    }

    private static func startsWithByteOrderMark(_ bytes: Span<UInt8>) -> Bool {
        bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
    }

    func skipSpace(_ bytes: Span<UInt8>, _ cursor: inout Int) {
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
}
