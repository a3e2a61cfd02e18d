import EmergencyStopServing
import Testing

@Suite("Received bytes are cut into requests")
struct RequestCutterTests {
    /// The requests, `…` where more is needed and `!` where a line is too long.
    private func cut(_ received: String, limit: Int = 10, isWhole: Bool = false) -> [String] {
        Array(received.utf8).withUnsafeBufferPointer { bytes in
            var cutter = RequestCutter(bytes, limit: limit, isWhole: isWhole)
            var requests: [String] = []
            while true {
                switch cutter.next() {
                case .request(let range): requests.append(String(decoding: cutter[range], as: UTF8.self))
                case .incomplete: return requests + (!cutter.isAtEnd ? ["…"] : [])
                case .tooLong: return requests + ["!"]
                }
            }
        }
    }

    @Test("at line feeds, what follows the last one has to wait")
    func lines() {
        #expect(cut("") == [])
        #expect(cut("a\nbc\n") == ["a", "bc"])
        #expect(cut("a\n\nb") == ["a", "", "…"])
    }

    @Test("a last line without its end is one when nothing more can come")
    func whole() {
        #expect(cut("a\nb", isWhole: true) == ["a", "b"])
        #expect(cut("a\n", isWhole: true) == ["a"])
    }

    @Test("the limit is that of the line without its end, whichever that is")
    func limit() {
        #expect(cut("0123456789\nx\n") == ["0123456789", "x"])
        #expect(cut("0123456789\r\n") == ["0123456789\r"])
        #expect(cut("01234567890\n") == ["!"])
        #expect(cut("01234567890\r\n") == ["!"])
        #expect(cut("a\n01234567890\n") == ["a", "!"])
    }

    @Test("a line that is too long is known before its end comes")
    func endless() {
        #expect(cut("0123456789") == ["…"])
        #expect(cut("0123456789\r") == ["…"])
        #expect(cut("01234567890") == ["!"])
        #expect(cut("0123456789\rx") == ["!"])
        #expect(cut("0123456789", isWhole: true) == ["0123456789"])
        #expect(cut("0123456789\r", isWhole: true) == ["0123456789\r"])
    }
}
