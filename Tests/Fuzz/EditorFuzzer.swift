/// A stop file behind three bytes, which say what is edited.
@Sendable
func fuzzEditor(_ input: [UInt8]) {
    guard input.count >= 3 else { return }
    let bytes = Array(input.dropFirst(3))
    guard let editor = try? StopFileEditor(bytes) else { return }
    let before = ReferenceStopFile(bytes)
    require(!before.isMalformed, "a malformed file is edited")
    let other = ["Added", "Added*", "*", "ä\u{301}"][Int(input[1]) % 4]
    let place = Int(input[0]) % (editor.entries.count + 1)
    let name = place < editor.entries.count ? editor.entries.name(at: place) : WorkflowName(validated: other)
    let status: WorkflowStatus = [.stop, .pause, .go][Int(input[2]) % 3]
    let edit = StopFileEditor.Edit(
        name: name, status: status, reason: input[2] & 0x10 == 0 ? nil : "because \"\\\u{7}\u{2028}",
        by: input[2] & 0x20 == 0 ? nil : "alice", addsEntry: input[2] & 0x40 == 0
    )
    let outcome: StopFileEditor.Outcome
    do throws(StopFileEditor.Failure) {
        outcome = try editor.applying([edit])
    } catch {
        fatalError("the editor would have written something else: \(error)")
    }
    check(edit, outcome, bytes, before)
    if let again = try? StopFileEditor(outcome.bytes).applying([edit]) {
        require(again.bytes == outcome.bytes, "an edit made twice changes the file twice")
    } else {
        fatalError("what was edited cannot be edited")
    }
}

private func check(
    _ edit: StopFileEditor.Edit, _ outcome: StopFileEditor.Outcome, _ bytes: [UInt8], _ before: ReferenceStopFile
) {
    let after = ReferenceStopFile(outcome.bytes)
    require(!after.isMalformed, "the edited file is malformed")
    require(
        before.entries.filter { $0.name != edit.name } == after.entries.filter { $0.name != edit.name },
        "another entry is changed"
    )
    let entry = after.entries.first { $0.name == edit.name }
    let same = zip(bytes, outcome.bytes).prefix { $0 == $1 }.count
    let shorter = min(bytes.count, outcome.bytes.count)
    let sameEnd = zip(bytes.reversed(), outcome.bytes.reversed()).prefix { $0 == $1 }.count
    switch outcome.effects[0] {
    case .unchanged:
        require(bytes == outcome.bytes && entry?.status == edit.status, "not as it was, or not as asked for")
    case .missing:
        require(bytes == outcome.bytes && entry == nil, "not as it was, or not missing")
    case .changed:
        require(entry?.status == edit.status && entry?.isInvalid == false, "not as asked for")
        require(entry?.by == edit.by && entry?.reason == edit.reason, "signed by another")
        let (old, new) = (outside(edit.name, bytes), outside(edit.name, outcome.bytes))
        // Of several restraints that are lifted one entry is left, and what separated them goes with the others.
        let isExact = edit.status != .go || StopFileEditor.objects(of: bytes).count { $0.name == edit.name } == 1
        require(isExact ? old == new : old.count >= new.count, "a byte elsewhere is changed")
    case .added:
        require(entry?.status == edit.status, "not as asked for")
        require(same + sameEnd >= shorter && shorter == bytes.count, "a byte elsewhere is changed")
    case .removed:
        require(entry == nil && outcome.bytes.count < bytes.count, "not removed")
    }
}

/// The file without the objects of a name.
private func outside(_ name: WorkflowName, _ bytes: [UInt8]) -> [UInt8] {
    var left: [UInt8] = []
    var place = 0
    for object in StopFileEditor.objects(of: bytes) where object.name == name {
        left += bytes[place..<object.range.lowerBound]
        place = object.range.upperBound
    }
    return left + bytes[place...]
}
