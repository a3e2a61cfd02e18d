import EmergencyStopCore
import Testing

@Suite("A workflow's name")
struct WorkflowNameTests {
    @Test("is trimmed of Unicode white space", arguments: [" A ", "\u{3000}A\u{2028}", "\tA\r\n", "\u{85}A\u{A0}"])
    func trimming(text: String) throws {
        #expect(try WorkflowName(text).text == "A")
    }

    @Test("is compared byte by byte, not by canonical equivalence")
    func comparison() throws {
        let (composed, decomposed) = (try WorkflowName("\u{E9}"), try WorkflowName("e\u{301}"))
        #expect("\u{E9}" == "e\u{301}", "Swift holds the texts equal")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test("may not be empty, too long, or hold a control character")
    func refusals() throws {
        #expect(throws: WorkflowName.InvalidName.empty) { try WorkflowName(" \u{2003} ") }
        #expect(throws: WorkflowName.InvalidName.tooLong) { try WorkflowName(String(repeating: "a", count: 256)) }
        #expect(throws: WorkflowName.InvalidName.controlCharacter) { try WorkflowName("a\u{0}b") }
        #expect(throws: WorkflowName.InvalidName.controlCharacter) { try WorkflowName("a\u{9B}b") }
        #expect(try WorkflowName("a\u{200B}b").text == "a\u{200B}b")
    }

    @Test("is a pattern when it ends in an asterisk")
    func patterns() throws {
        #expect(try WorkflowName("*").isPattern)
        #expect(try WorkflowName("Sat*").isPattern)
        #expect(try !WorkflowName("*Sat").isPattern)
    }
}
