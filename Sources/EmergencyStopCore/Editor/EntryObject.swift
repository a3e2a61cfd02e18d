/// The text of one entry, taken apart so that members can be changed, added and removed and the rest stays.
///
/// Only for objects that ``StopFileParser`` has found complete: what stands where is not checked again.
struct EntryObject {
    /// A key and its value, with what stands between them, and before them what separates them from the member before.
    struct Member {
        var field: ObjectValues.Field
        var separator: [UInt8]
        var key: [UInt8]
        var colon: [UInt8]
        var value: [UInt8]
    }

    /// The brace and what follows it, up to the first key.
    private(set) var head: [UInt8]
    private(set) var members: [Member]
    /// What stands behind the last value, with the brace.
    private(set) var tail: [UInt8]

    init(_ bytes: ArraySlice<UInt8>) {
        var cursor = bytes.startIndex
        func upTo(_ isEnd: (UInt8) -> Bool) -> [UInt8] {
            let start = cursor
            while cursor < bytes.endIndex, !isEnd(bytes[cursor]) { cursor += 1 }
            return Array(bytes[start..<cursor])
        }
        func string() -> [UInt8] {
            let start = cursor
            cursor += 1
            while bytes[cursor] != UInt8(ascii: "\"") { cursor += bytes[cursor] == UInt8(ascii: "\\") ? 2 : 1 }
            cursor += 1
            return Array(bytes[start..<cursor])
        }
        let isQuote = { (byte: UInt8) in byte == UInt8(ascii: "\"") }
        head = upTo(isQuote)
        members = []
        var separator: [UInt8] = []
        while cursor < bytes.endIndex {
            let key = string()
            let colon = upTo { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "n") }
            let value = isQuote(bytes[cursor]) ? string() : Array(bytes[cursor..<cursor + 4])
            if !isQuote(value[0]) { cursor += 4 }
            if let field = key.span.extracting(1..<key.count - 1).field {
                members.append(Member(field: field, separator: separator, key: key, colon: colon, value: value))
            }
            separator = upTo(isQuote)
        }
        tail = separator
    }

    /// The object as text.
    var bytes: [UInt8] {
        head + members.flatMap { $0.separator + $0.key + $0.colon + $0.value } + tail
    }

    /// Has the object say what the edit says, at the end of which it names no other reason, author or time.
    mutating func apply(_ edit: StopFileEditor.Edit) {
        let layout = Layout(self)
        var previous = ObjectValues.Field.name
        for (field, value) in edit.values {
            set(field, value, behind: previous, layout)
            if value != nil { previous = field }
        }
    }

    private mutating func set(
        _ field: ObjectValues.Field, _ value: String?, behind previous: ObjectValues.Field, _ layout: Layout
    ) {
        let place = members.firstIndex { $0.field == field }
        guard let value else {
            guard let place else { return }
            members.remove(at: place)
            // What stood before the next stays: the first has none before it.
            if place == 0, !members.isEmpty { members[0].separator = [] }
            return
        }
        if let place {
            members[place].value = JSONText.string(value)
        } else {
            let before = members.firstIndex { $0.field == previous } ?? members.endIndex - 1
            members.insert(layout.member(field, value), at: before + 1)
        }
    }
}

extension StopFileEditor.Edit {
    /// What the object is to say beside the name, in the order in which it is written.
    var values: [(ObjectValues.Field, String?)] {
        [(.status, status.rawValue), (.reason, reason), (.by, by), (.at, at)]
    }
}

extension Span<UInt8> {
    /// The key that these bytes are, which may be escaped.
    fileprivate var field: ObjectValues.Field? {
        if let field = ObjectValues.Field(key: self) { return field }
        return JSONText.unescapedASCII(self).flatMap { ObjectValues.Field(key: $0.span) }
    }
}
