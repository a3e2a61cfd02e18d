import EmergencyStopCore
import Testing

@Suite struct `Cutting bytes into lines` {
    @Test func `lines are the same wherever the bytes are cut`() throws {
        let bytes = Array("one\n\ntwo\r\nthree".utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var splitter = LineSplitter()
                var lines: [String] = []
                for piece in [bytes[..<first], bytes[first..<second], bytes[second...], [UInt8(ascii: "\n")][...]] {
                    try splitter.append(Array(piece).span) { lines.append(String(copying: $0)) }
                }
                #expect(lines == ["one", "", "two\r", "three"])
            }
        }
    }

    @Test(arguments: [1, 3, 64]) func `a line over the limit is refused, one at the limit is not`(_ piece: Int) throws {
        let longest = [UInt8](repeating: UInt8(ascii: "x"), count: 4_095) + [UInt8(ascii: "\n")]
        var splitter = LineSplitter()
        var count = 0
        for start in stride(from: 0, to: longest.count, by: piece) {
            try splitter.append(Array(longest[start..<min(start + piece, longest.count)]).span) { count += $0.count }
        }
        #expect(count == 4_095)
        #expect(throws: LineSplitter.LineTooLong.self) {
            try splitter.append(([UInt8(ascii: "x")] + longest).span) { _ in }
        }
        var other = LineSplitter()
        // Refused as soon as it is known, without a line feed.
        #expect(throws: LineSplitter.LineTooLong.self) {
            try other.append([UInt8](repeating: 0, count: 4_096).span) { _ in }
        }
    }
}
