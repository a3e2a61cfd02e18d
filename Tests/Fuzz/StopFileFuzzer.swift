/// A stop file, of which the first two bytes say where it was cut.
@Sendable
func fuzzStopFile(_ input: [UInt8]) {
    guard input.count >= 2 else { return }
    let bytes = Array(input.dropFirst(2))
    let cut = (Int(input[0]) << 8 | Int(input[1])) % (bytes.count + 1)
    let whole = StopFile(parsing: bytes)
    check(whole, bytes)
    let part = StopFile(parsing: Array(bytes.prefix(cut)))
    check(part, Array(bytes.prefix(cut)))
    // Whatever was added behind the cut: no restraint that was shown before it is gone.
    for position in 0..<part.entries.count where part.entries.status(at: position) != .go {
        let later = whole.entries.position(ofEntryAt: position, in: part.entries)
        require(later != nil, "a restraint is lost")
        require(whole.entries.status(at: later!) <= part.entries.status(at: position), "a restraint is loosened")
    }
}

/// What must hold of every file.
private func check(_ file: StopFile, _ bytes: [UInt8]) {
    let reference = ReferenceStopFile(bytes)
    require((file.malformation != nil) == reference.isMalformed, "only one of two parsers understands it")
    require((0..<file.entries.count).map { file.entries[$0] } == reference.entries, "other entries than read slowly")
    for diagnostic in file.diagnostics {
        require(diagnostic.line >= 1 && diagnostic.column >= 1, "a place before the file")
        require(
            !diagnostic.message.unicodeScalars.contains { $0.properties.generalCategory == .control },
            "a control character in a message"
        )
    }
    let settled: Snapshot
    if let malformation = file.malformation {
        settled = Snapshot(SettledState(condition: .malformed(malformation), entries: file.entries))
    } else {
        settled = Snapshot(SettledState(condition: .readable, entries: file.entries))
    }
    let restrained = settled.restrained(by: file.entries) ?? settled
    for position in 0..<file.entries.count {
        let name = file.entries.name(at: position)
        let valid = try? WorkflowName(name.text)
        require(valid == name, "a name that is none")
        let object = file.entries.object(at: position)
        require(
            bytes[object.lowerBound] == UInt8(ascii: "{") && bytes[object.upperBound - 1] == UInt8(ascii: "}"),
            "no object")
        require(file.entries.position(ofEntryAt: position, in: file.entries) == position, "an entry is not found")
        let status = settled.status(of: name)
        require(status <= file.entries.status(at: position), "more is allowed than is listed")
        require(file.malformation == nil || status == .stop, "a malformed file lets something go")
        require(!name.isPattern || status != .go, "a pattern goes")
        require(restrained.status(of: name) <= status, "a restraint loosens something")
    }
}
