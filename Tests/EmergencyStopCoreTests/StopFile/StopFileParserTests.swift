internal import Testing

@testable internal import EmergencyStopCore

/// The rules beside the answers: which entries there are, what is kept of them, how much is said.
struct StopFileParserTests {
    @Test("An entry keeps its texts, unescaped and untrimmed, and the place of its object")
    func textsOfAnEntry() {
        let object = #"{"At":"\u00e9","Name":" A ","By":"","Reason":" a\tb ","Status":"pause"}"#
        let file = StopFile(parsing: Array((" \n" + object + " ").utf8))
        #expect(
            file.entries[0]
                == Entry(name: WorkflowName(validated: "A"), status: .pause, reason: " a\tb ", by: "", at: "é")
        )
        #expect(file.entries.object(at: 0) == 2..<2 + object.utf8.count)
        #expect(file.diagnostics.isEmpty)
    }

    @Test("A null is as good as an absent key")
    func nulls() {
        let file = read(#"{"Name":"A","Status":"go","Reason":null,"By":null,"At":null}"#)
        #expect(file.entries[0] == Entry(name: WorkflowName(validated: "A"), status: .go))
    }

    @Test("Of a name listed twice the more restrictive holds, of two alike the first")
    func duplicates() {
        let file = read(
            #"{"Name":"A","Status":"go","By":"1"}{"Name":"B","Status":"go"}{"Name":"A","Status":"stop","By":"2"}"#
                + #"{"Name":"A","Status":"stop","By":"3"}{"Name":"A","Status":"pause","By":"4"}"#
        )
        #expect(file.entries.count == 2)
        #expect(file.entries[0].by == "2")
        #expect(file.entries[0].status == .stop)
    }

    @Test("A name listed twice is a warning, but for entries of several people, as estopctl writes them")
    func duplicateWarnings() {
        func warnings(_ authors: String?...) -> Int {
            let entries = authors.map { author in
                #"{"Name":"A","Status":"stop"\#(author.map { #","By":"\#($0)""# } ?? "")}"#
            }
            return read(entries.joined()).warnings.count
        }
        #expect(warnings(nil, nil) == 1)
        #expect(warnings("ann", "ann", "ann") == 2)
        #expect(warnings("ann", "bob", "eve") == 0)
        #expect(warnings(nil, "bob") == 0)
        #expect(warnings("ann", "bob", "ann") == 1)
    }

    @Test("A thousand warnings are kept, and then how many more there were", arguments: [1000, 1001, 2500])
    func warningLimit(count: Int) {
        let file = read(String(repeating: "{}\n", count: count))
        #expect(file.warnings.count == min(count, 1001))
        #expect(file.warnings[999].line == 1000)
        if count > 1000 {
            #expect(file.warnings[1000].description == "1000:1: warning: \(count - 1000) more warnings follow")
        }
    }

    @Test("Of warnings of two kinds, those that stand first in the file are kept")
    func warningsInOrder() {
        let file = read(
            String(repeating: #"{"Name":"A","Status":"stop"}"# + "\n", count: 700)
                + String(repeating: "{}\n", count: 700)
        )
        #expect(file.warnings.count == 1001)
        #expect(file.warnings[698].message.hasPrefix("\"A\" is listed already"))
        #expect(file.warnings[699].message.hasPrefix("the entry has no Name"))
        #expect(file.warnings[999].line == 1001)
        #expect(file.warnings[1000].message == "399 more warnings follow")
    }

    @Test("No more notes are held than are shown, however many faults there are")
    func notesAreBounded() {
        var parser = StopFileParser()
        parser.parse(Array(String(repeating: "{}", count: 50_000).utf8).span)
        #expect(parser.notes.count <= 1000)
        #expect(parser.noteCount == 50_000)
    }

    @Test("A file that is larger than is read is malformed, with nothing in it")
    func oversizedFile() throws {
        let file = StopFile(largerThan: 64 << 20)
        let malformation = try #require(file.malformation)
        #expect(malformation.severity == .error)
        #expect(malformation.message.contains("\(64 << 20) bytes"))
        #expect(file.entries.count == 0)
    }

    @Test("A file of 255 times the same byte is read or malformed, whatever the byte", arguments: 0...UInt8.max)
    func oneByte(byte: UInt8) {
        let file = StopFile(parsing: Array(repeating: byte, count: 255))
        let isSpace = [0x20, 0x09, 0x0A, 0x0D].contains(byte)
        #expect((file.malformation == nil) == isSpace)
        #expect(file.entries.count == 0)
    }

    private func read(_ text: String) -> StopFile { StopFile(parsing: Array(text.utf8)) }
}
