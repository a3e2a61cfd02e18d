internal import Testing

@testable internal import EmergencyStopCore

@Suite("A restraint that is appended to a stop file, and one beside another's")
struct StopFileEndingTests {
    private func edit(_ name: String, _ status: WorkflowStatus, spares: [Entry] = []) -> StopFileEditor.Edit {
        StopFileEditor.Edit(
            name: WorkflowName(validated: name), status: status, reason: "INC-1", by: "me", addsEntry: true,
            spares: spares)
    }

    /// What a file says of a name: nothing is believed of a malformed one.
    private func status(_ name: String, in bytes: [UInt8]) -> WorkflowStatus {
        let file = StopFile(parsing: bytes)
        guard file.malformation == nil, let place = file.entries.position(ofName: WorkflowName(validated: name))
        else { return .stop }
        return file.entries.status(at: place)
    }

    @Test(
        "it restrains, torn anywhere it restrains no less, and the others stay as they are",
        arguments: [
            #"{"Name":"A","Status":"go"}{"Name":"B","Status":"go"}"#,
            "{\"Name\":\"A\",\"Status\":\"go\"}\n{\"Name\":\"B\",\"Status\":\"go\"}\n",
            #"[{"Name":"A","Status":"go"},{"Name":"B","Status":"go"}]"#,
            "[\n  {\"Name\":\"A\",\"Status\":\"go\"},\n  {\"Name\":\"B\",\"Status\":\"go\"}\n]\n",
        ], [WorkflowStatus.stop, .pause])
    func torn(text: String, asked: WorkflowStatus) throws {
        let before = Array(text.utf8)
        let ending = try StopFileEditor(before).ending(with: [edit("A", asked), edit("C", asked)])
        #expect(ending.place <= before.count)
        #expect(ending.place + ending.bytes.count >= before.count, "nothing of before is left behind it")
        for count in 0...ending.bytes.count {
            let old = before.dropFirst(ending.place + count)
            let after = Array(before[..<ending.place] + ending.bytes[..<count] + old)
            let (first, second) = (status("A", in: after), status("B", in: after))
            #expect([.go, asked, .stop].contains(first), "\(count) bytes")
            #expect([.go, .stop].contains(second), "\(count) bytes")
            // C had no entry, so it was stopped: only what is asked for in the end may let it do more.
            #expect([.stop, asked].contains(status("C", in: after)), "\(count) bytes")
            guard count == ending.bytes.count else { continue }
            #expect(first == asked)
            #expect(second == .go)
            #expect(status("C", in: after) == asked)
        }
    }

    @Test("it cannot release, as the stricter of two entries holds")
    func release() throws {
        let editor = try StopFileEditor(Array(#"{"Name":"A","Status":"stop"}"#.utf8))
        #expect(throws: StopFileEditor.Failure.self) { _ = try editor.ending(with: [edit("A", .go)]) }
    }

    @Test("behind half an entry it stands on a line of its own")
    func lines() {
        let edits = [edit("*", .stop)]
        let line = #"{"Name":"*","Status":"stop","Reason":"INC-1","By":"me"}"# + "\n"
        #expect(StopFileEditor.lines(edits, behind: Array("{".utf8)) == Array(("\n" + line).utf8))
        #expect(StopFileEditor.lines(edits, behind: Array("{\n".utf8)) == Array(line.utf8))
        #expect(StopFileEditor.lines(edits, behind: []) == Array(line.utf8))
    }

    @Test("another's entry stays byte for byte, and the own one beside it is changed, or added")
    func spared() throws {
        let theirs = #"{"Name":"A","Status":"pause","By":"ann"}"#
        let own = #"{"Name":"A","Status":"go","By":"me"}"#
        let entry = try StopFileEditor(Array(theirs.utf8)).entries[0]
        let changed = try StopFileEditor(Array((theirs + own).utf8)).applying([edit("A", .stop, spares: [entry])])
        #expect(changed.effects == [.changed])
        #expect(
            String(decoding: changed.bytes, as: UTF8.self)
                == theirs + #"{"Name":"A","Status":"stop","Reason":"INC-1","By":"me"}"#)
        // A release beside it releases what is one's own.
        let released = try StopFileEditor(Array((theirs + own.replacing("go", with: "stop")).utf8))
            .applying([edit("A", .go, spares: [entry])])
        #expect(String(decoding: released.bytes, as: UTF8.self).hasPrefix(theirs + #"{"Name":"A","Status":"go""#))
        #expect(status("A", in: released.bytes) == .pause)
        let added = try StopFileEditor(Array(theirs.utf8)).applying([edit("A", .stop, spares: [entry])])
        #expect(added.effects == [.added])
        #expect(String(decoding: added.bytes, as: UTF8.self).hasPrefix(theirs))
        #expect(status("A", in: added.bytes) == .stop)
    }
}
