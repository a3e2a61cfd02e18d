/// Where entries are added to a file: behind the last, in its layout.
struct FileEnd {
    private let bytes: [UInt8]
    private let layout: EntryObject.Layout
    /// Behind the last entry, or where the first belongs.
    private let place: Int
    let isArray: Bool
    private let isEmpty: Bool
    /// What stands between the last two entries, where there are two.
    private let between: ArraySlice<UInt8>?

    /// - Parameter lastEntry: The file's last entry and what stands before it, up to the one before.
    init(_ bytes: [UInt8], lastEntry: (last: ArraySlice<UInt8>, before: ArraySlice<UInt8>?)?) {
        self.bytes = bytes
        layout = lastEntry.map { EntryObject.Layout(EntryObject($0.last)) } ?? .oneLine
        let start = bytes.starts(with: StopFileParser.byteOrderMark) ? StopFileParser.byteOrderMark.count : 0
        let content = bytes[start...]
        isArray = content.first { !Self.isSpace($0) } == UInt8(ascii: "[")
        var end = content.lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? bytes.count
        if isArray {
            end -= 1
            end = bytes[..<end].lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? end
        }
        place = end
        isEmpty =
            end == bytes.count && !content.contains { !Self.isSpace($0) }
            || isArray && bytes[end - 1] == UInt8(ascii: "[")
        between = lastEntry?.before.flatMap { Self.isSeparator($0) ? $0 : nil }
    }

    /// Whether nothing but a separator stands between two entries: one without a name does, perhaps.
    static func isSeparator(_ text: ArraySlice<UInt8>) -> Bool {
        text.allSatisfy { isSpace($0) || $0 == UInt8(ascii: ",") }
    }

    /// The file with entries added.
    func adding(_ edits: [StopFileEditor.Edit]) -> [UInt8] {
        var added: [UInt8] = []
        for (index, edit) in edits.enumerated() {
            if index > 0 || !isEmpty { added += separator }
            added += layout.object(edit)
        }
        if isEmpty, !isArray { added += lineEnd }
        return bytes[..<place] + added + bytes[place...]
    }

    private var separator: [UInt8] {
        if let between, isArray || between.contains(UInt8(ascii: "\n")) { return Array(between) }
        guard isArray else { return lineEnd }
        // Of a single entry's place within the brackets one sees how the next would stand.
        let open = bytes.firstIndex(of: UInt8(ascii: "[")).map { $0 + 1 } ?? 0
        return [UInt8(ascii: ",")] + bytes[open...].prefix(while: Self.isSpace)
    }

    static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    private var lineEnd: [UInt8] {
        guard let feed = bytes.firstIndex(of: UInt8(ascii: "\n")), feed > 0, bytes[feed - 1] == UInt8(ascii: "\r")
        else {
            return [UInt8(ascii: "\n")]
        }
        return [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }
}
