import EmergencyStopCore
import TestSupport
import Testing

@Suite("The values of fields")
struct FieldEncodingTests {
    @Test(
        "are written so",
        arguments: [
            (Array("plain text".utf8), "plain text"),
            (Array("100 %".utf8), "100 %25"),
            (Array("a\tb\nc\rd\0e".utf8), "a%09b%0Ac%0Dd%00e"),
            (Array("delete \u{7F} next line \u{85} csi \u{9B}".utf8), "delete %7F next line %C2%85 csi %C2%9B"),
            (Array("no-break \u{A0}, Ångström-消去 🛑".utf8), "no-break \u{A0}, Ångström-消去 🛑"),
            (Array("go \u{202E}pots \u{200E}\u{2067}".utf8), "go %E2%80%AEpots %E2%80%8E%E2%81%A7"),
            (
                Array("\u{FEFF}bom \u{AD}soft \u{61C}mark \u{E0041}tag".utf8),
                "%EF%BB%BFbom %C2%ADsoft %D8%9Cmark %F3%A0%81%81tag"
            ),
            (Array("line\u{2028}paragraph\u{2029}".utf8), "line%E2%80%A8paragraph%E2%80%A9"),
            (Array("می\u{200C}خواهم 👩\u{200D}🚀".utf8), "می\u{200C}خواهم 👩\u{200D}🚀"),
            (Array(#"a "b" \c"#.utf8), #"a "b" \c"#),
            ([0xFF, 0x41], "%FFA"),
            ([0xC0, 0x8A], "%C0%8A"),
            ([0xED, 0xA0, 0x80], "%ED%A0%80"),
            ([0xF4, 0x90, 0x80, 0x80], "%F4%90%80%80"),
            ([0xE2, 0x82], "%E2%82"),
            ([], ""),
        ] as [([UInt8], String)])
    func vectors(value: [UInt8], written: String) {
        #expect(encode(value) == written)
    }

    @Test("are cut at 255 bytes, at the border of a character")
    func cutting() {
        #expect(encode(Array(repeating: 0x61, count: 255)).utf8.count == 255)
        #expect(encode(Array(repeating: 0x61, count: 256)) == String(repeating: "a", count: 255))
        let wide = String(repeating: "a", count: 253) + "消"
        #expect(encode(Array(wide.utf8)) == String(repeating: "a", count: 253))
        let fitting = String(repeating: "a", count: 252) + "消"
        #expect(encode(Array((fitting + "b").utf8)) == fitting)
    }

    @Test("have a backslash before quotation marks and backslashes where they stand between quotation marks")
    func quotes() {
        var writer = LineWriter()
        writer.quoted("a \" b=\"c\\\n\u{202E}")
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #""a \" b=\"c\\%0A%E2%80%AE""#)
    }

    @Test("never hold what steers a terminal, whatever the bytes, and can be read back", arguments: 0..<20)
    func property(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let text = randomText(&generator)
            let encoded = encode(Array(text.utf8))
            #expect(!encoded.unicodeScalars.contains(where: UnsafeText.contains))
            let cut = prefix(of: text, bytes: FieldEncoding.byteLimit)
            #expect(decode(encoded) == cut)

            let bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let forged = encodedBytes(bytes)
            let asText = String(validating: forged.span)
            #expect(asText != nil, "what is written is valid UTF-8")
            #expect(asText?.unicodeScalars.contains(where: UnsafeText.contains) == false)
            // At worst every byte takes three.
            #expect(forged.count <= 3 * FieldEncoding.byteLimit)
        }
    }

    @Test("are read leniently: a percent sign without digits stands for itself")
    func lenientDecoding() {
        #expect(decode("100 % sure") == "100 % sure")
        #expect(decode("%") == "%")
        #expect(decode("%4") == "%4")
        #expect(decode("%4G") == "%4G")
        #expect(decode("%41%6d") == "Am")
        #expect(decode("%FF") == "\u{FFFD}")
    }

    private func encodedBytes(_ value: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        FieldEncoding.append(value.span, to: &bytes)
        return bytes
    }

    private func encode(_ value: [UInt8]) -> String { String(decoding: encodedBytes(value), as: UTF8.self) }

    private func decode(_ text: String) -> String { FieldEncoding.decode(Array(text.utf8).span) }

    private func prefix(of text: String, bytes: Int) -> String {
        var result = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            if count > bytes { break }
            result.append(scalar)
        }
        return String(result)
    }

    private func randomText(_ generator: inout SeededGenerator) -> String {
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...200, using: &generator) {
            let bound: UInt32 = [0x20, 0x80, 0x100, 0x800, 0x10000, 0x110000].randomElement(using: &generator)!
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<bound, using: &generator)) { scalars.append(scalar) }
        }
        return String(scalars)
    }
}
