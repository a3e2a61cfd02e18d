import Testing

@testable import Operating

@Suite("Text that others wrote, on a terminal")
struct PrintableTests {
    @Test("shows what would steer it")
    func text() {
        #expect(Printable.text("a\u{1B}[2J\u{202E}b\u{2028}") == #"a\u{1b}[2J\u{202e}b\u{2028}"#)
        #expect(Printable.text("👩\u{200D}🚀") == "👩\u{200D}🚀")
    }

    @Test("is escaped in JSON, where it means the same")
    func json() {
        let text = JSONLine.text(["a\u{9B}\u{7F}b": "\u{202E}\u{E0041}\u{2029}\"\\n 消 👩\u{200D}🚀"])
        #expect(
            text
                == #"{"a\u009b\u007fb":"\u202e\udb40\udc41\u2029\"\\n 消 👩\u200d🚀"}"#.replacing(
                    #"\u200d"#, with: "\u{200D}"))
    }

    @Test("does not steer it from a message on standard error, either")
    func message() {
        #expect(StandardError.line("a\u{202E}b\nc\rd") == "estopctl: a\\u{202e}b\nc\\u{d}d\n")
    }
}
