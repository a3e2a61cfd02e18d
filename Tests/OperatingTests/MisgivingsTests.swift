import EmergencyStopCore
import Testing

@testable import Operating

@Suite("What a stop file hardly means")
struct MisgivingsTests {
    private func about(_ text: String) -> [String] {
        Misgivings.about(StopFile(parsing: Array(text.utf8)), Array(text.utf8)).map(\.description)
    }

    private func listing(_ names: String...) -> [String] {
        about(names.map { #"{"Name":"\#($0)","Status":"go"}"# }.joined(separator: "\n"))
    }

    @Test("is no entry at all, and a pattern that is to make something go")
    func nothing() {
        #expect(about("") == ["1:1: warning: there is no entry: every workflow is stopped"])
        #expect(about("[ ]").count == 1)
        #expect(listing("A", "x*").count == 1)
        #expect(listing("A", "x*")[0].hasPrefix("2:1: warning: 'x*' is a pattern"))
        #expect(about(#"{"Name":"x*","Status":"stop"}"#).isEmpty)
        // Counted as in the parser's own diagnostics: a byte order mark is no column.
        #expect(about("\u{FEFF}" + #"{"Name":"x*","Status":"go"}"#)[0].hasPrefix("1:1: warning: "))
        // What is wrong with a malformed file is said elsewhere.
        #expect(about("{").isEmpty)
    }

    @Test("is names that people cannot tell apart, each told by how they differ")
    func names() {
        #expect(
            listing("Disk", "disk")
                == ["2:1: warning: 'disk' and 'Disk' differ only in case: they are two workflows"])
        #expect(listing("Disk A", "Disk\u{A0}A").map { $0.contains("only in white space") } == [true])
        #expect(listing("Disk", "Di\u{200D}sk").map { $0.contains("or joiners") } == [true])
        #expect(listing("Caf\u{E9}", "Cafe\u{301}").map { $0.contains("Unicode normalisation") } == [true])
        #expect(listing("Router", "R\u{43E}uter").map { $0.contains("look alike") } == [true])
        #expect(listing("Disk1", "Diskl").count == 1)
    }

    @Test("is nothing of names that merely begin alike")
    func different() {
        #expect(listing("Disk", "Disk2", "Diskette", "Router*x", "Straße", "Strasse", "卫星").isEmpty)
    }
}
