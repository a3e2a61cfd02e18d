internal import EmergencyStopCore
internal import Testing

/// What is said about a faulty file, and where: read by somebody at three in the morning.
struct StopFileMessageTests {
    /// A file, and the whole diagnostic that it must get.
    struct Case: CustomTestStringConvertible, Sendable {
        var file: String
        var diagnostic: String

        init(_ file: String, _ diagnostic: String) {
            self.file = file
            self.diagnostic = diagnostic
        }

        var testDescription: String { diagnostic }
    }

    @Test(
        "A malformed file is told where, what was found and what was expected",
        arguments: [
            Case("null", #"1:1: error: found "n", expected "{", the beginning of an entry"#),
            Case("\n\n  # all", ##"3:3: error: found "#", expected "{", the beginning of an entry"##),
            Case(#"{"Name":"A","Status":"go"},"#, #"1:27: error: found ",", expected "{", the beginning of an entry"#),
            Case(
                #"[{"Name":"A","Status":"go"},]"#, #"1:29: error: found "]", expected "{", the beginning of an entry"#),
            Case(
                #"[{"Name":"A","Status":"go"}"#,
                #"1:28: error: the file ends here, expected "," or "]" after an entry of the array"#
            ),
            Case("[] {}", #"1:4: error: found "{", expected nothing after the array"#),
            Case("{Name:", #"1:2: error: found "N", expected a key in quotes"#),
            Case(#"{"Name":"A",}"#, #"1:13: error: found "}", expected a key in quotes"#),
            Case(#"{"Name" "A"}"#, #"1:9: error: found a quote, expected ":" after the key Name"#),
            Case(#"{"Name":"A" "B"}"#, #"1:13: error: found a quote, expected "," or "}" after a value"#),
            Case(#"{"Name":1}"#, #"1:9: error: found "1", expected a string in quotes as Name"#),
            Case(#"{"At":["#, #"1:7: error: found "[", expected a string in quotes as At"#),
            Case(#"{"Status":"#, "1:11: error: the file ends here, expected a string in quotes as Status"),
            Case(
                #"{"Owner":"x"}"#,
                #"1:2: error: unknown key "Owner", expected Name, Status, Reason, By or At"#
            ),
            Case(#"{"name":"A","NAME":"B"}"#, "1:13: error: the key Name stands twice in one entry"),
            Case(
                "{\u{201C}Name\u{201D}:1}",
                "1:2: error: found \"\u{201C}\" (U+201C), expected a key in quotes"
            ),
            Case("{}\u{A0}{}", #"1:3: error: found U+00A0, expected "{", the beginning of an entry"#),
            Case("{}\u{202E}{}", #"1:3: error: found U+202E, expected "{", the beginning of an entry"#),
            Case("{}\0", #"1:3: error: found a control character (U+0000), expected "{", the beginning of an entry"#),
            Case(#"{"Name":"A"#, "1:11: error: the file ends within a string, expected a quote that ends it"),
            Case("{\"Name\":\"A\n\"}", "1:11: error: the line ends within a string, expected a quote that ends it"),
            Case("{\"Name\":\"A\r\n\"}", "1:11: error: the line ends within a string, expected a quote that ends it"),
            Case(
                "{\"Name\":\"A\tB\"}",
                "1:11: error: a control character (U+0009) in a string, expected it escaped, "
                    + "or a quote that ends the string"
            ),
            Case(#"{"Name":"\"#, "1:11: error: the file ends within an escape, expected the rest of it"),
            Case(#"{"Name":"\x"}"#, #"1:10: error: an unknown escape, expected one of \" \\ \/ \b \f \n \r \t \u"#),
            Case(#"{"Name":"\u12"}"#, #"1:10: error: a broken escape, expected four hexadecimal digits after \u"#),
            Case(
                #"{"Name":"\uDE00"}"#,
                #"1:10: error: \uDE00 is half of a surrogate pair, expected the other half"#
            ),
        ]
    )
    func malformedFile(_ test: Case) throws {
        let file = StopFile(parsing: Array(test.file.utf8))
        #expect(try #require(file.malformation).description == test.diagnostic)
        #expect(file.diagnostics.contains { $0.severity == .error })
    }

    @Test(
        "Bytes that are no UTF-8 are told as such",
        arguments: [
            (
                [0xFF, 0xFE, 0x7B, 0x00],
                "1:1: error: found the byte 0xFF, which is not valid UTF-8, "
                    + "expected \"{\", the beginning of an entry; this is UTF-16: save the file as UTF-8"
            ),
            (
                Array(#"{"Name":"é"#.utf8) + [0xE6, 0x22],
                "1:11: error: the byte 0xE6 in a string is not valid UTF-8 here, "
                    + "expected text in UTF-8"
            ),
        ] as [([UInt8], String)]
    )
    func invalidBytes(file: [UInt8], diagnostic: String) throws {
        #expect(try #require(StopFile(parsing: file).malformation).description == diagnostic)
    }

    @Test(
        "An entry that is not what its author meant gets a warning",
        arguments: [
            Case("{}", "1:1: warning: the entry has no Name: it is ignored"),
            Case("{}\n {\"Name\": null}", "2:2: warning: the entry has no Name: it is ignored"),
            Case(#"{"Name": " "}"#, "1:10: warning: the Name is empty: the entry is ignored"),
            Case(
                #"{"Name":"A\u0007"}"#,
                #"1:9: warning: the Name "A%07" has a control character in it: the entry is ignored"#
            ),
            Case(
                #"{"Name":"\#(String(repeating: "n", count: 256))"}"#,
                #"1:9: warning: the Name "\#(String(repeating: "n", count: 64))…" has more than 255 bytes: "#
                    + "the entry is ignored"
            ),
            Case(
                "{\"Name\":\"A\",\n\"Status\":\"Go\"}",
                #"2:10: warning: the Status is "Go", expected "go", "pause" or "stop" (case matters): "A" is stopped"#
            ),
            Case(
                #" {"Name":"é"}"#,
                #"1:2: warning: there is no Status, expected "go", "pause" or "stop" (case matters): "é" is stopped"#
            ),
            Case(
                #"{"Name":"é","Status":null}"#,
                #"1:22: warning: there is no Status, expected "go", "pause" or "stop" (case matters): "é" is stopped"#
            ),
            Case(
                #"{"Name":"A","Status":"go"}"# + "\r\n" + #"{"Name":"A","Status":"stop"}"#,
                #"2:1: warning: "A" is listed already; the more restrictive of "go" and "stop" holds"#
            ),
        ]
    )
    func warnedFile(_ test: Case) {
        let file = StopFile(parsing: Array(test.file.utf8))
        #expect(file.malformation == nil)
        #expect(file.diagnostics.last?.description == test.diagnostic)
    }

    @Test("What the file holds is shown shortened, at the border of a character, and without its control characters")
    func quotedText() throws {
        let long = String(repeating: "x", count: 63) + "消去"
        let key = try #require(StopFile(parsing: Array(#"{"\#(long)":1}"#.utf8)).malformation)
        #expect(key.message.hasPrefix("unknown key \"" + String(repeating: "x", count: 63) + "…\""))
        let forged = try #require(StopFile(parsing: Array(#"{"a\nb\u001b[2J\u009b\u007f":1}"#.utf8)).malformation)
        #expect(forged.message.hasPrefix("unknown key \"a%0Ab%1B[2J%C2%9B%7F\""))
    }

    @Test("Every message of the corpus is one printable line", arguments: try Corpus.names())
    func messagesArePrintable(name: String) throws {
        for diagnostic in StopFile(parsing: try Corpus.bytes(name)).diagnostics {
            let scalars = diagnostic.description.unicodeScalars
            #expect(!scalars.contains { $0.properties.generalCategory == .control })
            #expect(
                diagnostic.severity == .warning || diagnostic.message.contains("expected")
                    || diagnostic.message.contains("twice"))
        }
    }
}
