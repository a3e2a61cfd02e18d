import EmergencyStopCore
import Testing

@Suite("Text that is not shown as it is")
struct UnsafeTextTests {
    @Test("is every control, format and line-ending character but for the joiners")
    func categories() {
        let all = (0...0x10FFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
        for scalar in all {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: #expect(UnsafeText.contains(scalar))
            case .format: #expect(UnsafeText.contains(scalar) == !["\u{200C}", "\u{200D}"].contains(scalar))
            case .unassigned: continue
            default: if UnsafeText.contains(scalar) { Issue.record("U+\(String(scalar.value, radix: 16))") }
            }
        }
    }

    @Test(
        "has each of these among it",
        arguments: [
            "\u{0}", "\u{1B}", "\u{7F}", "\u{9B}", "\u{AD}", "\u{61C}", "\u{180E}", "\u{200B}", "\u{200E}", "\u{200F}",
            "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{2060}", "\u{2065}", "\u{2066}", "\u{2069}", "\u{FEFF}",
            "\u{FFF9}", "\u{E0001}", "\u{E0020}", "\u{E007F}", "\u{E0FFF}",
        ] as [Unicode.Scalar])
    func examples(scalar: Unicode.Scalar) {
        #expect(UnsafeText.contains(scalar))
        #expect(UnsafeText.replaced(in: "a\(scalar)b") { _ in "?" } == "a?b")
    }

    @Test(
        "leaves what people write as it is", arguments: ["plain", "Ångström-消去 🛑", "می\u{200C}خواهم", "👩\u{200D}🚀", ""])
    func harmless(text: String) {
        #expect(UnsafeText.replaced(in: text) { _ in "?" } == text)
    }
}
