extension StopFileEditor {
    /// What is to be written from a place near the file's end on, to the end and beyond.
    package struct Ending: Sendable, Hashable {
        package var place: Int
        package var bytes: [UInt8]

        package init(place: Int, bytes: [UInt8]) {
            self.place = place
            self.bytes = bytes
        }
    }

    /// The ending with which the file holds these entries, too, beside those that it has of the same names, of which
    /// the most restrictive holds: for a file that no other can take the place of.
    ///
    /// Nothing but restraints can be made so. What is torn while it is written restrains no less.
    package func ending(with edits: [Edit]) throws(Failure) -> Ending {
        let end = FileEnd(bytes, lastEntry: lastObject(in: bytes))
        let ending: Ending
        if end.isArray {
            let whole = end.adding(edits)
            let place = zip(bytes, whole).prefix { $0 == $1 }.count
            ending = Ending(place: place, bytes: Array(whole[place...]))
        } else {
            ending = Ending(place: bytes.count, bytes: Self.lines(edits, behind: bytes))
        }
        let file = StopFile(parsing: bytes[..<ending.place] + ending.bytes)
        if let malformation = file.malformation {
            throw Failure(description: "the file with what is appended would be malformed: \(malformation)")
        }
        for edit in edits
        where file.entries.position(ofName: edit.name).map({ file.entries.status(at: $0) }) != edit.status {
            throw Failure(description: "the entry \(edit.name) would not be as asked for")
        }
        return ending
    }

    /// Each edit as a line of its own, to be appended to a file that may end within one, or be malformed.
    package static func lines(_ edits: [Edit], behind bytes: [UInt8]) -> [UInt8] {
        let feed = UInt8(ascii: "\n")
        let start = bytes.isEmpty || bytes.last == feed ? [] : [feed]
        return start + edits.flatMap { EntryObject.Layout.oneLine.object($0) + [feed] }
    }
}

extension StopFileEditor {
    /// The file without these entries, and without what separated them from the others. All other bytes stay.
    static func removing(_ removals: [WorkflowName: Edit], from bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        // From the last on, so that what stands before keeps its place.
        for (name, range) in objects(of: bytes).reversed() {
            guard let removal = removals[name], !removal.spares.contains(entry(bytes[range])) else { continue }
            bytes.removeSubrange(withSeparator(range, in: bytes))
        }
        return bytes
    }

    /// An entry and what separates it from the one before, or from the one behind where it is the first.
    private static func withSeparator(_ range: Range<Int>, in bytes: [UInt8]) -> Range<Int> {
        let comma = UInt8(ascii: ",")
        let before = bytes[..<range.lowerBound].lastIndex { !FileEnd.isSpace($0) }
        let behind = bytes[range.upperBound...].firstIndex { !FileEnd.isSpace($0) }
        if let before, bytes[before] == comma { return before..<range.upperBound }
        // In a sequence the space behind an entry is the end of its line.
        if let before, bytes[before] == UInt8(ascii: "}") { return before + 1..<range.upperBound }
        guard let behind else { return range.lowerBound..<bytes.endIndex }
        guard bytes[behind] == comma else {
            return range.lowerBound..<(bytes[behind] == UInt8(ascii: "{") ? behind : range.upperBound)
        }
        let next = bytes[(behind + 1)...].firstIndex { !FileEnd.isSpace($0) } ?? behind + 1
        return range.lowerBound..<next
    }
}
