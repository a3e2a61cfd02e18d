/// Entries in the order of the file, and an index by name.
///
/// Names and texts are ranges of one array of bytes, most often the file's own, and an entry is a record of fixed
/// size: 100,000 entries are read without making 100,000 strings. Immutable, so it is shared freely between threads.
package struct EntryTable: Sendable {
    /// A range of the bytes.
    struct Text: Sendable {
        var start: UInt32
        var count: UInt32

        init(_ range: Range<Int>) {
            start = UInt32(range.lowerBound)
            count = UInt32(range.count)
        }

        var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    }

    /// An entry as it is stored.
    struct Record: Sendable {
        var name: Text
        var status: WorkflowStatus
        var isInvalid: Bool
        var reason: Text?
        var by: Text?
        var at: Text?
        /// Where the object stands in the file.
        var object: Text
    }

    private(set) var bytes: [UInt8]
    private(set) var records: [Record]
    /// The places of entries whose names are patterns, in their order.
    package private(set) var patternPositions: [Int]
    private var index: NameIndex

    /// A table without entries.
    package init() {
        bytes = []
        records = []
        patternPositions = []
        index = NameIndex(capacity: 0)
    }

    /// Entries whose names had been listed before by the same person, or both by nobody. That each of several people
    /// has an entry for what they have stopped is no mistake.
    struct Duplicates {
        /// The most that are kept: a file may have millions.
        static let limit = StopFileParser.noteLimit

        /// The first of them, each with the one that held until then.
        var first: [(record: Record, known: Record)] = []
        var count = 0
    }

    /// Makes a table of records that refer to these bytes. Where two have the same name, the more restrictive holds,
    /// of two alike the first.
    static func make(
        _ bytes: [UInt8], _ records: consuming [Record]
    ) -> (table: EntryTable, duplicates: Duplicates) {
        var index = NameIndex(capacity: records.count)
        var patternPositions: [Int] = []
        var duplicates = Duplicates()
        var kept = 0
        let all = bytes.span
        // First all hashes, then all places: the second loop waits for memory only, and for many slots at a time.
        let hashes = records.map { NameIndex.hash(all.extracting($0.name.range)) }
        for place in 0..<records.count {
            let name = records[place].name.range
            let text = all.extracting(name)
            let hash = hashes[place]
            let known = index.first(hash) { candidate in
                all.extracting(records[candidate].name.range).isSame(as: text)
            }
            if let known {
                if isSame(records[place].by, records[known].by, all) {
                    duplicates.count += 1
                    if duplicates.count <= Duplicates.limit {
                        duplicates.first.append((records[place], records[known]))
                    }
                }
                if records[place].status < records[known].status { records[known] = records[place] }
            } else {
                index.insert(kept, hash)
                if bytes[name.upperBound - 1] == UInt8(ascii: "*") { patternPositions.append(kept) }
                // Most files list nothing twice, and all records stay where they are.
                if kept != place { records[kept] = records[place] }
                kept += 1
            }
        }
        records.removeLast(records.count - kept)
        return (EntryTable(bytes, records, patternPositions, index), duplicates)
    }

    private static func isSame(_ one: Text?, _ other: Text?, _ bytes: Span<UInt8>) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return bytes.extracting(one.range).isSame(as: bytes.extracting(other.range))
    }

    private init(_ bytes: [UInt8], _ records: [Record], _ patternPositions: [Int], _ index: NameIndex) {
        self.bytes = bytes
        self.records = records
        self.patternPositions = patternPositions
        self.index = index
    }

    /// A table of these entries, under the same rule.
    package init(_ entries: [Entry]) {
        var bytes: [UInt8] = []
        func append(_ text: String) -> Text {
            let start = bytes.count
            bytes += text.utf8
            return Text(start..<bytes.count)
        }
        let records = entries.map { entry in
            Record(
                name: append(entry.name.text), status: entry.status, isInvalid: entry.isInvalid,
                reason: entry.reason.map(append), by: entry.by.map(append), at: entry.at.map(append),
                object: Text(0..<0)
            )
        }
        self = Self.make(bytes, records).table
    }

    private func position(of name: Span<UInt8>, _ hash: UInt) -> Int? {
        let all = bytes.span
        return index.first(hash) { candidate in
            let range = records[candidate].name.range
            return range.count == name.count && all.extracting(range).isSame(as: name)
        }
    }
}

// MARK: - Looking at entries

extension EntryTable {
    package var count: Int { records.count }

    /// The place of the entry with this name.
    package func position(of name: Span<UInt8>) -> Int? {
        records.isEmpty ? nil : position(of: name, NameIndex.hash(name))
    }

    package func position(ofName name: WorkflowName) -> Int? {
        var text = name.text
        return text.withUTF8 { position(of: $0.span) }
    }

    /// The place of the entry with the name of another table's entry. Costs next to nothing where the entry stands
    /// at the same place in both.
    package func position(ofEntryAt position: Int, in other: EntryTable) -> Int? {
        let name = other.bytes.span.extracting(other.records[position].name.range)
        if position < records.count {
            let range = records[position].name.range
            if range.count == name.count, bytes.span.extracting(range).isSame(as: name) { return position }
        }
        return self.position(of: name)
    }

    package func status(at position: Int) -> WorkflowStatus { records[position].status }

    package func isInvalid(at position: Int) -> Bool { records[position].isInvalid }

    package func isPattern(at position: Int) -> Bool {
        let name = records[position].name
        return bytes[Int(name.start + name.count) - 1] == UInt8(ascii: "*")
    }

    package func name(at position: Int) -> WorkflowName {
        WorkflowName(validated: text(records[position].name))
    }

    /// Where the object of the entry stands in the file.
    package func object(at position: Int) -> Range<Int> { records[position].object.range }

    /// The bytes of the entry's name.
    package func withName<R>(at position: Int, _ body: (Span<UInt8>) -> R) -> R {
        body(bytes.span.extracting(records[position].name.range))
    }

    /// The optional texts of the entry that it has, with their keys on the wire.
    package func withTexts(at position: Int, _ body: (_ key: String, Span<UInt8>) -> Void) {
        let record = records[position]
        if let reason = record.reason { body("reason", bytes.span.extracting(reason.range)) }
        if let by = record.by { body("by", bytes.span.extracting(by.range)) }
        if let at = record.at { body("at", bytes.span.extracting(at.range)) }
    }

    package subscript(position: Int) -> Entry {
        let record = records[position]
        return Entry(
            name: name(at: position), status: record.status, isInvalid: record.isInvalid,
            reason: record.reason.map(text), by: record.by.map(text), at: record.at.map(text)
        )
    }

    /// Whether two entries say the same.
    package func isSameEntry(at position: Int, as otherPosition: Int, in other: EntryTable) -> Bool {
        let mine = records[position]
        let theirs = other.records[otherPosition]
        return mine.status == theirs.status && mine.isInvalid == theirs.isInvalid
            && isSame(mine.name, theirs.name, in: other) && isSame(mine.reason, theirs.reason, in: other)
            && isSame(mine.by, theirs.by, in: other) && isSame(mine.at, theirs.at, in: other)
    }

    /// The most bytes of text that restraints may gather: four files of the size that is read by default.
    package static let restraintByteLimit = 256 << 20

    /// These entries' restraints, all that are not `go`, added to those of an earlier table: of the same name the more
    /// restrictive holds, of two alike the earlier. `nil` where nothing is added.
    ///
    /// A large file that shows other names at each read and never settles would gather restraints until no memory is
    /// left. Past the limit a stop of everything takes the place of all of them.
    package func restraints(
        addedTo earlier: EntryTable, byteLimit: Int = EntryTable.restraintByteLimit
    ) -> EntryTable? {
        var bytes = earlier.bytes
        var added: [Record] = []
        func copy(_ text: Text) -> Text {
            let start = bytes.count
            bytes += self.bytes[text.range]
            return Text(start..<bytes.count)
        }
        for (position, record) in records.enumerated() where record.status != .go {
            let known = earlier.position(ofEntryAt: position, in: self)
            if let known, earlier.records[known].status <= record.status { continue }
            var restraint = record
            restraint.name = copy(record.name)
            restraint.reason = record.reason.map(copy)
            restraint.by = record.by.map(copy)
            restraint.at = record.at.map(copy)
            added.append(restraint)
            if bytes.count > byteLimit { return Self.stopOfEverything }
        }
        return added.isEmpty ? nil : Self.make(bytes, earlier.records + added).table
    }

    private static let stopOfEverything = EntryTable([
        Entry(
            name: WorkflowName(validated: "*"), status: .stop,
            reason: "the stop file keeps changing and has shown more restraints than can be kept"
        )
    ])

    private func isSame(_ mine: Text?, _ theirs: Text?, in other: EntryTable) -> Bool {
        switch (mine, theirs) {
        case (nil, nil): true
        case (let mine?, let theirs?):
            mine.count == theirs.count
                && bytes.span.extracting(mine.range).isSame(as: other.bytes.span.extracting(theirs.range))
        default: false
        }
    }

    private func text(_ text: Text) -> String {
        String(decoding: bytes[text.range], as: UTF8.self)
    }
}
