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
