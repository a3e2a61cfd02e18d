import EmergencyStopCore
import Testing

/// Reading and writing the fleet file.
struct FleetFileTests {
    private static let header = FleetHeader(
        fleet: "prod", epoch: "5e", revision: 4711, verifiedAt: MonotonicInstant(nanoseconds: 86_400_000_000_001),
        boot: "0f2c5a1e-8d3b-4c6f-9a7e-112233445566"
    )
    private static let headerText =
        #"{"Fleet":"prod","Epoch":"5e","Revision":"4711","VerifiedAt":"86400000000001","#
        + #""Boot":"0f2c5a1e-8d3b-4c6f-9a7e-112233445566"}"#

    private func name(_ text: String) throws -> WorkflowName { try WorkflowName(text) }

    @Test func writesOneArrayBehindAHeader() throws {
        let entries = [
            Entry(name: try name("A*"), status: .stop, reason: "a \"quoted\"\nreason", by: "ada", at: "now"),
            Entry(name: try name("B"), status: .pause),
        ]
        let text = FleetFile.text(Self.header, entries)
        #expect(
            String(decoding: text, as: UTF8.self) == """
                [\(Self.headerText),
                {"Name":"A*","Status":"stop","Reason":"a \\"quoted\\"\\nreason","By":"ada","At":"now"},
                {"Name":"B","Status":"pause"}]

                """
        )
        let file = try FleetFile(parsing: text)
        #expect(file.header == Self.header)
        #expect((0..<file.entries.count).map { file.entries[$0] } == entries)
    }

    @Test func aFleetThatRestrainsNothingHasAHeaderAlone() throws {
        let text = FleetFile.text(Self.header, [])
        #expect(String(decoding: text, as: UTF8.self) == "[\(Self.headerText)]\n")
        #expect(try FleetFile(parsing: text).entries.count == 0)
    }

    @Test func ofTheSameNameTheMostRestrictiveHoldsWhoeverSaidIt() throws {
        let stops = [
            Entry(name: try name("A"), status: .pause, by: "ada"), Entry(name: try name("A"), status: .stop, by: "ada"),
            Entry(name: try name("A"), status: .go, by: "bob"),
        ]
        let file = try FleetFile(parsing: FleetFile.text(Self.header, stops))
        #expect(file.entries.count == 1)
        #expect(file.entries[0].status == .stop)
    }

    @Test func textsThatWereEscapedAreWhatTheyWere() throws {
        var header = Self.header
        header.fleet = "Ünïcode \"fleet\""
        let stop = Entry(name: try name("Süd \"1\""), status: .stop, reason: "\u{1}\t\\")
        let file = try FleetFile(parsing: FleetFile.text(header, [stop]))
        #expect(file.header == header)
        #expect(file.entries[0] == stop)
    }

    /// What is not as it should be anywhere makes the whole malformed: each with the place and what was expected.
    @Test(arguments: [
        ("", "1:1: error: the file ends here, expected \"[\", the beginning of an array"),
        ("   \n", "2:1: error: the file ends here, expected \"[\", the beginning of an array"),
        ("HEADER", "1:1: error: found \"{\", expected \"[\", the beginning of an array"),
        (
            "[]",
            "1:2: error: found \"]\", expected \"{\", the beginning of an object with Fleet, Epoch, Revision, VerifiedAt and Boot"
        ),
        ("[HEADER", ":125: error: the file ends here, expected \",\" or \"]\" after an entry of the array"),
        ("[HEADER,", ":126: error: the file ends here, expected \"{\", the beginning of an entry"),
        ("[HEADER,{\"Name\":\"A\"", "the file ends here, expected \",\" or \"}\" after a value"),
        ("[HEADER] x", "error: found \"x\", expected nothing after the array"),
        ("[HEADER][HEADER]", "error: found \"[\", expected nothing after the array"),
        ("[{\"Name\":\"A\",\"Status\":\"go\"}]", "1:3: error: unknown key \"Name\", expected Fleet,"),
        ("[{\"Name\":\"A\",\"Status\":\"go\"},HEADER]", "1:3: error: unknown key \"Name\", expected Fleet,"),
        ("[HEADER,HEADER]", "error: unknown key \"Fleet\", expected Name, Status, Reason, By or At"),
        ("[HEADER,{\"Name\":\"A\",\"Status\":\"halt\"}]", "the Status is \"halt\""),
        ("[HEADER,{\"Name\":\"A\"}]", "there is no Status"),
        ("[HEADER,{\"Name\":\"A\",\"Status\":null}]", "there is no Status"),
        ("[HEADER,{\"Status\":\"stop\"}]", "the entry has no Name"),
        ("[HEADER,{\"Name\":\" \",\"Status\":\"stop\"}]", "the Name is empty"),
        ("[HEADER,{}]", "the entry has no Name"),
        ("[HEADER,{\"Name\":\"A\",\"Status\":\"stop\",\"Hosts\":\"h*\"}]", "unknown key \"Hosts\""),
        ("[{}]", "1:3: error: found \"}\", expected a key in quotes"),
        ("[{\"Fleet\":\"p\"}]", "1:2: error: this object has no Epoch"),
        ("[{\"fleet\":\"p\"}]", "1:3: error: unknown key \"fleet\""),
        ("[{\"Fleet\":\"p\",\"Fleet\":\"p\"}]", "1:15: error: the key Fleet stands twice in one object"),
        ("[{\"Fleet\":null}]", "1:11: error: found \"n\", expected a string in quotes as Fleet"),
        ("[{\"Fleet\":{\"a\":\"b\"}}]", "1:11: error: found \"{\", expected a string in quotes as Fleet"),
        ("[{\"Fleet\":\"p\",}]", "1:15: error: found \"}\", expected a key in quotes"),
        ("[{\"Fleet\" \"p\"}]", "expected \":\" after the key Fleet"),
    ])
    func malformed(text: String, message: String) {
        expectMalformed(
            text.split(separator: "HEADER", omittingEmptySubsequences: false).joined(separator: Self.headerText),
            message)
    }

    /// A header each of whose values is in turn replaced.
    @Test(arguments: [
        (#""prod""#, #""""#, "the Fleet is none"),
        (#""prod""#, #""a\nb""#, "the Fleet is none"),
        (#""prod""#, #"" prod""#, "the Fleet is none"),
        (#""5e""#, #""""#, "the Epoch is none"),
        (#""4711""#, #""""#, "the Revision is no number"),
        (#""4711""#, #""-1""#, "the Revision is no number"),
        (#""4711""#, #""+1""#, "the Revision is no number"),
        (#""4711""#, #""0x1""#, "the Revision is no number"),
        (#""4711""#, #""١""#, "the Revision is no number"),
        (#""4711""#, #""9223372036854775808""#, "the Revision is no number"),
        (#""4711""#, "4711", "expected a string in quotes as Revision"),
        (#""86400000000001""#, #""86400000000001.5""#, "the VerifiedAt is no number"),
        (#""86400000000001""#, #"" 86400000000001""#, "the VerifiedAt is no number"),
        (#""86400000000001""#, #""99999999999999999999""#, "the VerifiedAt is no number"),
        (#""0f2c5a1e-8d3b-4c6f-9a7e-112233445566""#, #""""#, "the Boot is none"),
    ])
    func malformedValue(old: String, new: String, message: String) {
        let changed = Self.headerText.split(separator: old, omittingEmptySubsequences: false)
        expectMalformed("[" + changed.joined(separator: new) + "]", message)
    }

    private func expectMalformed(_ text: String, _ message: String) {
        do throws(Diagnostic) {
            _ = try FleetFile(parsing: Array(text.utf8))
            Issue.record("not malformed: \(text)")
        } catch {
            #expect(error.description.contains(message))
        }
    }

    @Test func cutOffAnywhereItIsMalformed() throws {
        let stop = Entry(name: try name("A"), status: .stop, reason: "r", by: "b", at: "a")
        let whole = FleetFile.text(Self.header, [stop, Entry(name: try name("B"), status: .go)])
        let end = whole.lastIndex(of: UInt8(ascii: "]"))
        for count in 0...(end ?? 0) {
            #expect(throws: Diagnostic.self, "\(count)") { try FleetFile(parsing: Array(whole[..<count])) }
        }
    }

    /// With any one byte changed it says the same, something that is as well-formed, or nothing, and never fails
    /// otherwise.
    @Test func anyByteMayBeAnother() throws {
        let whole = FleetFile.text(Self.header, [Entry(name: try name("A"), status: .stop)])
        for place in whole.indices {
            for byte: UInt8 in [0, 0x20, 0x22, 0x5C, 0x7B, 0x7D, 0xFF, UInt8(ascii: "[")] {
                var changed = whole
                changed[place] = byte
                if let file = try? FleetFile(parsing: changed) { #expect(file.entries.count == 1) }
            }
        }
    }
}
