/// A line of the protocol, taken apart but not yet understood: the verb, what follows it up to the first TAB, and
/// the fields behind.
///
/// Everything is a range of the line's bytes, so that taking a line apart allocates nothing.
package struct RequestLine: Sendable, Hashable {
    /// The first word.
    package let verb: Range<Int>
    /// What stands between the verb and the first TAB, without the space behind the verb; empty where nothing does.
    package let argument: Range<Int>
    /// The fields, separated by TAB; empty where there are none.
    package let fields: Range<Int>

    /// Takes apart a line, which has no line feed any more; a carriage return at its end is dropped.
    package init(_ line: Span<UInt8>) {
        var end = line.count
        if end > 0, line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        let tab = line.firstIndex(of: UInt8(ascii: "\t"), in: 0..<end) ?? end
        let space = line.firstIndex(of: UInt8(ascii: " "), in: 0..<tab) ?? tab
        verb = 0..<space
        argument = min(space + 1, tab)..<tab
        fields = min(tab + 1, end)..<end
    }

    /// The range of the value of the field with this key, where the line has one.
    package func value(of key: String, in line: Span<UInt8>) -> Range<Int>? {
        var start = fields.lowerBound
        while start < fields.upperBound {
            let end = line.firstIndex(of: UInt8(ascii: "\t"), in: start..<fields.upperBound) ?? fields.upperBound
            if let equals = line.firstIndex(of: UInt8(ascii: "="), in: start..<end),
                line.extracting(start..<equals).spells(key)
            {
                return equals + 1..<end
            }
            start = end + 1
        }
        return nil
    }
}

extension Span<UInt8> {
    /// The first place of the byte in this range.
    package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }
}
