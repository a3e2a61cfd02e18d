internal import Testing

@testable internal import EmergencyStopCore

@Suite("Editing a stop file")
struct StopFileEditorTests {
    private func edit(
        _ name: String, _ status: WorkflowStatus, reason: String? = nil, by: String? = nil, at: String? = nil,
        adds: Bool = false
    ) throws -> StopFileEditor.Edit {
        StopFileEditor.Edit(
            name: try WorkflowName(name), status: status, reason: reason, by: by, at: at, addsEntry: adds
        )
    }

    private func edited(_ before: String, _ edits: StopFileEditor.Edit...) throws -> String {
        let outcome = try StopFileEditor(Array(before.utf8)).applying(edits)
        return String(decoding: outcome.bytes, as: UTF8.self)
    }

    @Test("the status of one entry is replaced, and not a byte beside it")
    func oneEntry() throws {
        let before = "\u{FEFF}{ \"name\" :\"A\",\"STATUS\":\t\"go\" }\r\n\r\n{\"Name\":\"B\",\"Status\":\"go\"} \n"
        let after = "\u{FEFF}{ \"name\" :\"A\",\"STATUS\":\t\"stop\" }\r\n\r\n{\"Name\":\"B\",\"Status\":\"go\"} \n"
        #expect(try edited(before, try edit("A", .stop)) == after)
    }

    @Test("reason, operator and time are added behind the status, in the layout of the entry")
    func members() throws {
        #expect(
            try edited(#"{"Name":"A","Status":"go"}"#, try edit("A", .stop, reason: "x", by: "me", at: "now"))
                == #"{"Name":"A","Status":"stop","Reason":"x","By":"me","At":"now"}"#)
        #expect(
            try edited("{\n\t\"name\": \"A\",\n\t\"status\": \"go\"\n}\n", try edit("A", .pause, reason: "x", by: "me"))
                == "{\n\t\"name\": \"A\",\n\t\"status\": \"pause\",\n\t\"reason\": \"x\",\n\t\"by\": \"me\"\n}\n")
        #expect(
            try edited(#"{ "Status" : "go" , "Name" : "A" }"#, try edit("A", .stop, by: "me"))
                == #"{ "Status" : "stop" , "By" : "me" , "Name" : "A" }"#)
    }

    @Test("what an earlier operator left is replaced or taken out")
    func earlier() throws {
        let stopped = #"{"Name":"A","Status":"stop","Reason":"old","By":"you","At":"then"}"#
        #expect(
            try edited(stopped, try edit("A", .go, by: "me", at: "now"))
                == #"{"Name":"A","Status":"go","By":"me","At":"now"}"#)
        #expect(try edited(stopped, try edit("A", .go)) == #"{"Name":"A","Status":"go"}"#)
        #expect(
            try edited(#"{"Reason":null, "Name":"A", "Status":"stop"}"#, try edit("A", .go))
                == #"{"Name":"A", "Status":"go"}"#)
        #expect(
            try edited(stopped, try edit("A", .stop, reason: "new", by: "me", at: "now"))
                == #"{"Name":"A","Status":"stop","Reason":"new","By":"me","At":"now"}"#)
    }

    @Test("an entry that says so already is left as it is; a restraint is that of one person")
    func unchanged() throws {
        let stopped = #"{"Name":"A","Status":"stop","Reason":"old","By":"me"}"#
        for reason in [nil, "old"] {
            let outcome = try StopFileEditor(Array(stopped.utf8))
                .applying([try edit("A", .stop, reason: reason, by: "me", at: "now")])
            #expect(String(decoding: outcome.bytes, as: UTF8.self) == stopped)
            #expect(outcome.effects == [.unchanged])
        }
        let goes = #"{"Name":"A","Status":"go","By":"you"}"#
        #expect(try edited(goes, try edit("A", .go, by: "me")) == goes)
        let nobodys = #"{"Name":"A","Status":"stop"}"#
        #expect(try edited(nobodys, try edit("A", .stop, by: "me")) == #"{"Name":"A","Status":"stop","By":"me"}"#)
    }

    @Test("an entry is written beside those that are to stay, once, and taken out where the name goes again")
    func spared() throws {
        let yours = Entry(name: try WorkflowName("A"), status: .stop, by: "you")
        let before = #"[{"Name":"A","Status":"stop","By":"you"} , {"Name":"B","Status":"go"}]"#
        var stop = try edit("A", .stop, by: "me", adds: true)
        stop.spares = [yours]
        let both =
            #"[{"Name":"A","Status":"stop","By":"you"} , {"Name":"B","Status":"go"} , "#
            + #"{"Name":"A","Status":"stop","By":"me"}]"#
        #expect(try edited(before, stop) == both)
        #expect(try edited(both, stop) == both)
        var mine = try edit("A", .go, by: "me", adds: true)
        mine.spares = [yours]
        let lifted = both.replacing(#""stop","By":"me""#, with: #""go","By":"me""#)
        #expect(try edited(both, mine) == lifted)
        #expect(
            try edited(lifted, try edit("A", .go, by: "you"))
                == #"[{"Name":"A","Status":"go","By":"you"} , {"Name":"B","Status":"go"}]"#)
        // Where something stands between that is no separator, it stays.
        let ignored = #"{"Name":"A","Status":"stop"}{"Name":"","Status":"go"}{"Name":"A","Status":"stop"}"#
        #expect(try edited(ignored, try edit("A", .go)) == ignored.replacing("stop", with: "go"))
    }

    @Test(
        "a status that is none, null or absent is set",
        arguments: [
            (#"{"Name":"A","Status":"Go"}"#, #"{"Name":"A","Status":"stop"}"#),
            (#"{"Name":"A","Status":null}"#, #"{"Name":"A","Status":"stop"}"#),
            (#"{"Name":"A"}"#, #"{"Name":"A", "Status":"stop"}"#),
            ("{\n  \"Name\":\"A\"\n}", "{\n  \"Name\":\"A\",\n  \"Status\":\"stop\"\n}"),
        ])
    func invalid(before: String, after: String) throws {
        #expect(try edited(before, try edit("A", .stop)) == after)
    }

    @Test("every object of a name that is listed twice is changed, for the more restrictive would hold")
    func duplicates() throws {
        let before = "{\"Name\":\"A\",\"Status\":\"go\"}\n{\"Name\":\" \\u0041\",\"Status\":\"stop\",\"By\":\"x\"}\n"
        #expect(
            try edited(before, try edit("A", .pause))
                == "{\"Name\":\"A\",\"Status\":\"pause\"}\n{\"Name\":\" \\u0041\",\"Status\":\"pause\"}\n")
        #expect(try edited(before, try edit("A", .go)) == "{\"Name\":\"A\",\"Status\":\"go\"}\n")
    }

    @Test("keys with escapes are found")
    func escapedKeys() throws {
        #expect(
            try edited(#"{"N\u0061me":"A","\u0053tatus":"go"}"#, try edit("A", .stop))
                == #"{"N\u0061me":"A","\u0053tatus":"stop"}"#)
    }

    @Test(
        "an entry is added behind the last, in its layout",
        arguments: [
            ("", "{\"Name\":\"N\",\"Status\":\"stop\"}\n"),
            ("\n", "\n{\"Name\":\"N\",\"Status\":\"stop\"}\n"),
            (
                #"{"Name":"A","Status":"go"}"#,
                "{\"Name\":\"A\",\"Status\":\"go\"}\n{\"Name\":\"N\",\"Status\":\"stop\"}"
            ),
            (
                "{\"Name\": \"A\", \"Status\": \"go\"}\r\n",
                "{\"Name\": \"A\", \"Status\": \"go\"}\r\n{\"Name\": \"N\", \"Status\": \"stop\"}\r\n"
            ),
            (
                "{\n\t\"Name\": \"A\",\n\t\"Status\": \"go\"\n}\n",
                "{\n\t\"Name\": \"A\",\n\t\"Status\": \"go\"\n}\n{\n\t\"Name\": \"N\",\n\t\"Status\": \"stop\"\n}\n"
            ),
            ("[]", #"[{"Name":"N","Status":"stop"}]"#),
            (
                "[\n  {\"Name\":\"A\",\"Status\":\"go\"}\n]\n",
                "[\n  {\"Name\":\"A\",\"Status\":\"go\"},\n  {\"Name\":\"N\",\"Status\":\"stop\"}\n]\n"
            ),
            (
                "[{\"Name\":\"A\",\"Status\":\"go\"}, {\"Name\":\"B\",\"Status\":\"go\"} ]",
                "[{\"Name\":\"A\",\"Status\":\"go\"}, {\"Name\":\"B\",\"Status\":\"go\"}, {\"Name\":\"N\",\"Status\":\"stop\"} ]"
            ),
        ])
    func adding(before: String, after: String) throws {
        #expect(try edited(before, try edit("N", .stop, adds: true)) == after)
    }

    @Test("a name without an entry is told of where none is to be added")
    func missing() throws {
        let outcome = try StopFileEditor(Array(#"{"Name":"A","Status":"go"}"#.utf8)).applying([try edit("B", .stop)])
        #expect(outcome.effects == [.missing])
        #expect(outcome.bytes == Array(#"{"Name":"A","Status":"go"}"#.utf8))
    }

    @Test("whatever a reason holds, it comes back as it was")
    func reasons() throws {
        let reason = "a \"b\" \\ \n\r\t\u{0}\u{1F}\u{7F}\u{85}\u{202E}é🛑 {\"Name\":\"*\"}"
        let text = try edited(#"{"Name":"A","Status":"go"}"#, try edit("A", .stop, reason: reason))
        let entries = StopFile(parsing: Array(text.utf8)).entries
        #expect(entries.count == 1)
        #expect(entries[0].reason == reason)
    }

    @Test("a malformed file is not edited, and where it is wrong is told")
    func malformed() {
        #expect {
            _ = try StopFileEditor(Array("{\"Name\":\"A\",\"Status\":\"go\"}\n,".utf8))
        } throws: { error in
            let diagnostic = (error as? StopFileEditor.Malformed)?.diagnostic
            return diagnostic?.line == 2 && diagnostic?.column == 1
        }
    }

    @Test("a file that stops everything says so, and why")
    func stoppingEverything() {
        let bytes = StopFileEditor.stoppingEverything(reason: "INC", by: "me", at: nil)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "{\"Name\":\"*\",\"Status\":\"stop\",\"Reason\":\"INC\",\"By\":\"me\"}\n")
    }

    @Test(
        "of any file only the objects of the names edited change, and a second time nothing does",
        arguments: SeededRandom.seeds)
    func anyFile(seed: UInt64) throws {
        var generated = GeneratedStopFile(seed: seed)
        var random = SeededRandom(seed: seed &+ 1)
        for _ in 0..<400 {
            let bytes = generated.wellMeant()
            let file = StopFile(parsing: bytes)
            guard file.malformation == nil else { continue }
            let names = ["A", "AB*", "*", "é", "消", "new"].filter { _ in random.isOne(in: 2) }
            let edits = try names.map { name in
                try edit(
                    name, random.pick([.go, .pause, .stop]), reason: random.isOne(in: 2) ? "why\n\"" : nil, by: "me",
                    at: "now", adds: random.isOne(in: 2)
                )
            }
            // The editor reads its own result again and throws where it is not what was asked for.
            let outcome = try StopFileEditor(bytes).applying(edits)
            let after = StopFile(parsing: outcome.bytes)
            for (edit, effect) in zip(edits, outcome.effects) where effect != .missing {
                let report = Snapshot(SettledState(after)).entries
                var text = edit.name.text
                let found = text.withUTF8 { report.position(of: $0.span) }
                guard effect != .removed else {
                    #expect(found == nil)
                    continue
                }
                let position = try #require(found)
                #expect(report.status(at: position) == edit.status)
            }
            let again = try StopFileEditor(outcome.bytes).applying(edits)
            #expect(again.bytes == outcome.bytes)
            guard !outcome.effects.contains(.added) else { continue }
            let (old, new) = (outside(names, bytes), outside(names, outcome.bytes))
            #expect(old.count == new.count ? old == new : texts(old) == texts(new))
        }
    }

    /// The bytes without those that may separate entries: one that is taken out takes its separator along.
    private func texts(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { !Array(" \t\r\n,".utf8).contains($0) } }

    /// The bytes that belong to no object of these names.
    private func outside(_ names: [String], _ bytes: [UInt8]) -> [UInt8] {
        var parser = StopFileParser()
        parser.parse(bytes.span)
        let texts = bytes + parser.unescaped
        var left: [UInt8] = []
        var position = 0
        for record in parser.takeRecords()
        where names.contains(String(decoding: texts[record.name.range], as: UTF8.self)) {
            left += bytes[position..<record.object.range.lowerBound]
            position = record.object.range.upperBound
        }
        return left + bytes[position...]
    }

    @Test("every well-formed file of the corpus can be edited", arguments: try Corpus.names())
    func corpus(name: String) throws {
        let (bytes, expected) = try Corpus.read(name)
        guard !expected.isMalformed else { return }
        let editor = try StopFileEditor(bytes)
        let all = (0..<editor.entries.count).map { editor.entries.name(at: $0).text }
        let edits = try (all + ["one more"]).map { try edit($0, .pause, reason: "r", by: "b", at: "a", adds: true) }
        let outcome = try editor.applying(edits)
        let after = StopFile(parsing: outcome.bytes)
        #expect(after.malformation == nil)
        #expect(after.entries.count == editor.entries.count + 1)
        #expect((0..<after.entries.count).allSatisfy { after.entries.status(at: $0) == .pause })
    }

    @Test("a large file takes many edits at once")
    func large() throws {
        let lines = (0..<20_000).map { "{\"Name\":\"W\($0)\",\"Status\":\"go\"}\n" }
        let edits = try (0..<1000).map { try edit("W\($0 * 20)", .stop, reason: "r", by: "b", at: "a") }
        let outcome = try StopFileEditor(Array(lines.joined().utf8)).applying(edits)
        let entries = StopFile(parsing: outcome.bytes).entries
        #expect(entries.count == 20_000)
        #expect((0..<entries.count).count { entries.status(at: $0) == .stop } == 1000)
    }

    @Test(
        "go takes the entry of a pattern out, with what separated it, and nothing else",
        arguments: [
            (#"{"Name":"*","Status":"stop"}"#, ""),
            ("{\"Name\":\"*\",\"Status\":\"stop\"}\n", ""),
            ("A\n{\"Name\":\"*\",\"Status\":\"stop\"}\n", "A\n"),
            ("{\"Name\":\"*\",\"Status\":\"stop\"}\r\n\r\nA\r\n", "A\r\n"),
            ("A\n\n  {\"Name\": \"*\", \"Status\": \"go\"}\n\tB", "A\n\tB"),
            (#"A{"Name":"*","Status":"stop"}B"#, "AB"),
            ("\u{FEFF}{\"Name\":\"*\",\"Status\":\"pause\"} A", "\u{FEFF}A"),
            (
                "{\"Name\":\"*\",\"Status\":\"stop\"}\nA\n{\"Name\":\"\\u002a\",\"Status\":\"pause\",\"By\":\"x\"}\nB\n",
                "A\nB\n"
            ),
            (#"[{"Name":"*","Status":"stop"}]"#, "[]"),
            ("[\n  {\"Name\":\"*\",\"Status\":\"stop\"}\n]\n", "[\n  \n]\n"),
            ("[\n  A,\n  {\"Name\":\"*\",\"Status\":\"stop\"}\n]\n", "[\n  A\n]\n"),
            ("[\n  {\"Name\":\"*\",\"Status\":\"stop\"},\n  A\n]\n", "[\n  A\n]\n"),
            ("[A , {\"Name\":\"*\",\"Status\":\"stop\"} , B]", "[A  , B]"),
            ("[{\"Name\":\"*\",\"Status\":\"stop\"},{\"Name\":\"*\",\"Status\":\"pause\"},A]", "[A]"),
            ("[{\"Name\":\"*\",\"Status\":\"stop\"},{\"Name\":\"*\",\"Status\":\"pause\"}]", "[]"),
            ("[{\"Status\":\"go\"},{\"Name\":\"*\",\"Status\":\"stop\"},A]", "[{\"Status\":\"go\"},A]"),
        ])
    func removal(file: String, expected: String) throws {
        func filled(_ text: String) -> [UInt8] {
            let objects = ["A", "B"].reduce(text) { text, name in
                text.replacing(name == "A" ? "A" : "B", with: name == "A" ? "\u{1}" : "\u{2}")
            }
            return Array(
                objects.replacing("\u{2}y", with: "By").replacing("\u{1}", with: #"{"Name":"A*x","Status":"go"}"#)
                    .replacing("\u{2}", with: #"{"Name": "B", "Status": "stop", "Reason": "a, {b}"}"#).utf8)
        }
        let edit = StopFileEditor.Edit(name: WorkflowName(validated: "*"), status: .go, by: "me", addsEntry: true)
        let outcome = try StopFileEditor(filled(file)).applying([edit])
        #expect(outcome.effects == [.removed])
        #expect(String(decoding: outcome.bytes, as: UTF8.self) == String(decoding: filled(expected), as: UTF8.self))
        let again = try StopFileEditor(outcome.bytes).applying([edit])
        #expect(again.effects == [.missing])
        #expect(again.bytes == outcome.bytes)
    }

    @Test("go leaves another's entry of the pattern, and makes other edits beside")
    func removalBesideOthers() throws {
        let file = """
            {"Name":"A","Status":"stop"}
            {"Name":"*","Status":"stop","By":"me"}
            {"Name":"*","Status":"stop","By":"you"}

            """
        let other = Entry(name: WorkflowName(validated: "*"), status: .stop, by: "you")
        let edits = [
            StopFileEditor.Edit(name: WorkflowName(validated: "A"), status: .go),
            StopFileEditor.Edit(name: WorkflowName(validated: "*"), status: .go, by: "me", spares: [other]),
            StopFileEditor.Edit(name: WorkflowName(validated: "B"), status: .go, addsEntry: true),
        ]
        let outcome = try StopFileEditor(Array(file.utf8)).applying(edits)
        #expect(outcome.effects == [.changed, .removed, .added])
        #expect(
            String(decoding: outcome.bytes, as: UTF8.self) == """
                {"Name":"A","Status":"go"}
                {"Name":"*","Status":"stop","By":"you"}
                {"Name":"B","Status":"go"}

                """)
    }
}
