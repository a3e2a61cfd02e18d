internal import Testing

@testable internal import EmergencyStopCore

/// Behind a fault every complete object is found, since a restraint that it shows has to hold, and nothing else.
struct StopFileRecoveryTests {
    private static let stopAll = #"{"Name":"*","Status":"stop"}"#

    @Test(
        "An object behind a fault is found, whatever the fault",
        arguments: [
            #"{"Name":"A","Status":"#, #"{"Name":"A","Sta"#, #"{"Name":"A"#, #"{"Name":"A\"#, #"{"Name":"A\u00"#,
            #"{"Name":"A\ud83d"#, "{\"Name\":\"A\n", "{", "{{{{", "[", "[[", "[{", "}", "]", ",", "null", "x", "\"",
            "\\", "\u{FEFF} \u{FEFF}", "\0\0\0", "# ", #"{"Name":"A","Status":"go"},"#, #"{"Owner":1}"#,
            #"{"Name":{"Name":"B"}"#, #"{"Name":"A","Name":"#, #"{"Reason":"{\"Name\":\"B\""#,
        ]
    )
    func objectBehindAFault(fault: String) {
        let file = StopFile(parsing: Array((fault + Self.stopAll + " x").utf8))
        #expect(file.malformation != nil)
        #expect(names(file).contains("*"))
    }

    @Test("All complete objects around several faults are found, in their order")
    func objectsBetweenFaults() {
        let file = StopFile(
            parsing: Array(
                (#"{"Name":"A","Status":"stop"}, {"Name":"B","Status":"stop"#
                    + #"{"Name":"C","Status":"pause"}]{"Name":"D" {"Name":"E","Status":"go"}{"Name":"F","#).utf8
            )
        )
        #expect(names(file) == ["A", "C", "E"])
    }

    @Test(
        "Nothing is read out of the strings of an object",
        arguments: [
            #"{"Name":"A","Status":"go","Reason":"{\"Name\":\"B\",\"Status\":\"stop\"}"} x"#,
            #"{"Name":"A","Status":"go","Reason":"{}"} x"#,
            #"{"Name":"A","Status":"go","Reason":"{ }{"} x"#,
        ]
    )
    func textsAreNotRead(text: String) {
        let file = StopFile(parsing: Array(text.utf8))
        #expect(file.malformation != nil)
        #expect(names(file) == ["A"])
        #expect(file.warnings.isEmpty)
    }

    @Test("Nothing is read out of an object that is cut short, and nothing is said about its texts")
    func incompleteObject() {
        let whole = Array(
            #"{"Reason":"see {} and {\"Name\":\"B\",\"Status\":\"stop\"}","Name":"A","Status":"stop"}"#.utf8)
        for length in 1..<whole.count {
            let file = StopFile(parsing: Array(whole.prefix(length)))
            #expect(file.malformation != nil, "\(length) bytes")
            #expect(file.entries.count == 0, "\(length) bytes")
            #expect(file.warnings.isEmpty, "\(length) bytes")
        }
    }

    @Test("What strings stand for is not kept where their object is none")
    func unescapedTextOfFailures() {
        var parser = StopFileParser()
        parser.parse(Array(String(repeating: #"{"\u004eame":"\u0041","#, count: 1000).utf8).span)
        #expect(parser.unescaped.isEmpty)
    }

    @Test(
        "The work of the recovery is linear: however long the file, no byte is passed more than a dozen times",
        arguments: [
            "{", #"{""#, #"{"Name":""#, #"{"Name":"{""#, #"{"Name":"A","#, #"{"Name":"A","Status":"go","#,
            #"{"Name":"A","Status":"B","Reason":"C","By":"D","At":"E","#, #"{"Name":{"#, "[", "]", "{}", "{},", "\"",
            #"{"Name":"\"#, #"{"Name":"\u"#, #"{"\u004eame":"{\""#, "{     ", #"{    "    {   ""#, "{\n\n\n\n\n",
            #"{"Name":"A","Status":"{","Reason":"{","By":"{","At":"{"#, #"":"{""#, #"{":","#, #"{"Name":","At":"#,
            #"x{"Name":"A","Status":"go"}"#, #"{"Name":"é消🛑{"#,
        ]
    )
    func recoveryIsLinear(unit: String) {
        for opening in [
            "", "x", "{\"Name\":\"", String(repeating: " ", count: 3000), "{" + String(repeating: " ", count: 3000),
        ] {
            for count in [1, 10, 2000] {
                // An object has at most ten strings, so a byte is looked at once for each of these, and once or twice
                // by the searches themselves. A quadratic search would pass it hundreds of times.
                let (steps, bytes) = steps(opening + String(repeating: unit, count: count))
                #expect(steps <= 12 * bytes, "\(steps) steps for \(bytes) bytes")
            }
        }
    }

    /// How often a byte of the text is passed, over again or for the first time.
    private func steps(_ text: String) -> (steps: Int, bytes: Int) {
        var parser = StopFileParser()
        parser.parse(Array(text.utf8).span)
        return (parser.recoverySteps, text.utf8.count)
    }

    private func names(_ file: StopFile) -> [String] {
        (0..<file.entries.count).map { file.entries.name(at: $0).text }
    }
}
