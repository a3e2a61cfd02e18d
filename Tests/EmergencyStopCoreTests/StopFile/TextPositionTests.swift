internal import Testing

@testable internal import EmergencyStopCore

struct TextPositionTests {
    @Test("Lines are counted by line feeds and columns in scalars, from 1")
    func linesAndColumns() {
        // One scalar of each length, a carriage return, an empty line.
        let text = Array("aé消🛑b\r\n\nc".utf8)
        var positions = TextPosition(text)
        let expected = [
            (0, 1, 1), (1, 1, 2), (3, 1, 3), (6, 1, 4), (10, 1, 5), (11, 1, 6), (12, 1, 7),
            (13, 2, 1), (14, 3, 1), (15, 3, 2),
        ]
        for (offset, line, column) in expected {
            #expect(positions.lineAndColumn(of: offset) == (line, column), "offset \(offset)")
        }
    }

    @Test("The same place may be asked for again, and what lies behind the end is the end")
    func repeatedAndBeyond() {
        var positions = TextPosition(Array("a\nb".utf8))
        #expect(positions.lineAndColumn(of: 2) == (2, 1))
        #expect(positions.lineAndColumn(of: 2) == (2, 1))
        #expect(positions.lineAndColumn(of: 99) == (2, 2))
        #expect(positions.lineAndColumn(of: 99) == (2, 2))
    }

    @Test("A byte order mark is no column")
    func byteOrderMark() {
        var positions = TextPosition(Array("\u{FEFF}ab".utf8))
        #expect(positions.lineAndColumn(of: 0) == (1, 1))
        #expect(positions.lineAndColumn(of: 3) == (1, 1))
        #expect(positions.lineAndColumn(of: 4) == (1, 2))
    }

    @Test("A byte order mark further on is one")
    func laterByteOrderMark() {
        var positions = TextPosition(Array("a\u{FEFF}b".utf8))
        #expect(positions.lineAndColumn(of: 4) == (1, 3))
    }
}
