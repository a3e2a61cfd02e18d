/// What a stop file says, and what is wrong with it.
package struct StopFile: Sendable {
    /// The most warnings that are kept. A file may have as many as it has entries.
    private static let warningLimit = StopFileParser.noteLimit
    /// The most bytes whose places, and those of what they stand for, fit into the table's 32 bits.
    static let addressableBytes = Int(Int32.max)

    /// The entries. Where the file is malformed, those of its complete objects: of these only restraints may be used.
    package let entries: EntryTable
    /// The first thing that makes the whole file malformed.
    package let malformation: Diagnostic?
    /// What was noticed about single entries, in the order of the file.
    package let warnings: [Diagnostic]

    /// Reads the bytes of a file.
    package init(parsing bytes: [UInt8]) {
        guard bytes.count <= Self.addressableBytes else {
            self = StopFile(largerThan: Self.addressableBytes)
            return
        }
        var parser = StopFileParser()
        parser.parse(bytes.span)
        malformation = parser.fault.map { fault in
            var diagnostic = Diagnostic(fault, in: bytes)
            if Self.isUTF16(bytes) { diagnostic.message += "; this is UTF-16: save the file as UTF-8" }
            return diagnostic
        }
        let (table, duplicates) = EntryTable.make(
            parser.unescaped.isEmpty ? bytes : bytes + parser.unescaped, parser.takeRecords()
        )
        entries = table
        warnings = Self.warnings(
            parser.notes + duplicates.first.map { StopFileParser.Fault(duplicate: $0, in: table) },
            of: parser.noteCount + duplicates.count, bytes
        )
    }

    /// Whether the bytes begin as UTF-16 does, with its mark or with an ASCII character of two bytes.
    private static func isUTF16(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2 else { return false }
        switch (bytes[0], bytes[1]) {
        case (0xFF, 0xFE), (0xFE, 0xFF), (0, 0x01...0x7F), (0x01...0x7F, 0): return true
        default: return false
        }
    }

    /// A file that is larger than is read.
    package init(largerThan limit: Int) {
        entries = EntryTable()
        malformation = Diagnostic(
            severity: .error, line: 1, column: 1,
            message: "the file is larger than \(limit) bytes, the most that is read"
        )
        warnings = []
    }

    /// All that there is to say about the file, in its order.
    package var diagnostics: [Diagnostic] {
        (warnings + (malformation.map { [$0] } ?? [])).sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    /// The first of the warnings, and how many more there were.
    private static func warnings(
        _ notes: [StopFileParser.Fault], of count: Int, _ bytes: [UInt8]
    ) -> [Diagnostic] {
        var positions = TextPosition(bytes)
        var warnings = notes.sorted { $0.offset < $1.offset }.prefix(warningLimit).map { note in
            let (line, column) = positions.lineAndColumn(of: note.offset)
            return Diagnostic(severity: .warning, line: line, column: column, message: note.message)
        }
        if count > warningLimit, let last = warnings.last {
            warnings.append(
                Diagnostic(
                    severity: .warning, line: last.line, column: last.column,
                    message: "\(count - warningLimit) more warnings follow"
                )
            )
        }
        return warnings
    }
}

extension Diagnostic {
    /// A fault that makes the whole file malformed.
    init(_ fault: StopFileParser.Fault, in bytes: [UInt8]) {
        var positions = TextPosition(bytes)
        let (line, column) = positions.lineAndColumn(of: fault.offset)
        self.init(severity: .error, line: line, column: column, message: fault.message)
    }
}

extension StopFileParser.Fault {
    fileprivate init(duplicate: (record: EntryTable.Record, known: EntryTable.Record), in table: EntryTable) {
        let (record, known) = duplicate
        let name = StopFileParser.quoted(table.bytes.span.extracting(record.name.range))
        self.init(
            offset: record.object.range.lowerBound,
            message: "\(name) is listed already; the more restrictive of \"\(known.status.rawValue)\" and "
                + "\"\(record.status.rawValue)\" holds"
        )
    }
}

/// Finds lines and columns of places in a text, one after the other in a single pass.
package struct TextPosition {
    private let bytes: [UInt8]
    private var offset: Int
    private var line = 1
    private var column = 1

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark is no column.
        offset = bytes.starts(with: StopFileParser.byteOrderMark) ? StopFileParser.byteOrderMark.count : 0
    }

    /// The place of an offset that is not before the last one asked for.
    package mutating func lineAndColumn(of target: Int) -> (line: Int, column: Int) {
        while offset < min(target, bytes.count) {
            if bytes[offset] == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if bytes[offset] & 0xC0 != 0x80 {
                column += 1
            }
            offset += 1
        }
        return (line, column)
    }
}
