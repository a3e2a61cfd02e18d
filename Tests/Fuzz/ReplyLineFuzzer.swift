/// What a client receives: anything at all, and a status line that says what the input spells.
@Sendable
func fuzzReplyLine(_ input: [UInt8]) {
    guard input.count >= 3 else { return }
    let bytes = Array(input.dropFirst(2))
    let whole = lines(of: bytes, inPiecesOf: bytes.count)
    let cut = lines(of: bytes, inPiecesOf: 1 + Int(input[0]))
    if let whole, let cut { require(whole == cut, "other lines where they are cut elsewhere") }
    require((whole == nil) == (cut == nil), "too long only where it is cut elsewhere")
    for line in whole ?? [] { checkGo(line) }
    checkRoundTrip(bytes, input[0], input[1])
}

private func lines(of bytes: [UInt8], inPiecesOf size: Int) -> [[UInt8]]? {
    var splitter = LineSplitter(limit: 256)
    var lines: [[UInt8]] = []
    var place = 0
    while place < bytes.count {
        let piece = Array(bytes[place..<min(place + size, bytes.count)])
        do throws(LineSplitter.LineTooLong) {
            try splitter.append(piece.span) { line in
                lines.append((0..<line.count).map { line[$0] })
            }
        } catch {
            return nil
        }
        place += size
    }
    return lines
}

/// A line is read as go only where it says so, letter for letter.
private func checkGo(_ line: [UInt8]) {
    guard case .status(let status) = ServerLine(line.span), status.report.status == .go else { return }
    require(line.starts(with: "go ".utf8), "another word is read as go")
    let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line[...]
    let parts = text.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    let name = String(decoding: parts[0].dropFirst(3), as: UTF8.self)
    require((try? WorkflowName(name)) == status.name, "another name is read as go")
    require(!status.name.isPattern, "a pattern is read as go")
    let cause = parts.dropFirst().first { $0.starts(with: "cause=".utf8) }.map { Array($0.dropFirst(6)) }
    require(cause.map { FieldEncoding.decode($0.span) } == "listed", "another cause is read as go")
}

/// A report that is written and read again is the same, and one line.
private func checkRoundTrip(_ bytes: [UInt8], _ first: UInt8, _ second: UInt8) {
    let texts = bytes.split(separator: 0xFF, maxSplits: 3, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
    }
    guard let name = try? WorkflowName(texts[0]) else { return }
    let statuses: [(WorkflowStatus, StopCause)] = [
        (.go, .listed), (.pause, .listed), (.pause, .pattern), (.stop, .listed), (.stop, .malformedFile),
        (.stop, .stale),
    ]
    var (status, cause) = statuses[Int(first) % statuses.count]
    if name.isPattern { (status, cause) = (.stop, first.isMultiple(of: 2) ? .listed : .unlisted) }
    func text(_ index: Int) -> String? { texts.count > index ? texts[index] : nil }
    var report = StatusReport(
        name: name.text, status: status, cause: cause, reason: text(1), by: text(2), at: text(3)
    )
    if name.isPattern { report.restrains = report.cause == .listed ? .stop : .go }
    let revisions: StatusLine.Revisions? =
        second.isMultiple(of: 2) ? nil : StatusLine.Revisions(current: UInt64(second), stopped: UInt64(first))
    var writer = LineWriter()
    StatusLine.write(report, revisions, to: &writer)
    require(writer.bytes.firstIndex(of: UInt8(ascii: "\n")) == writer.count - 1, "not one line")
    require(writer.count < LineSplitter.answerLimit, "too long for a reader")
    guard case .status(let read) = ServerLine(Array(writer.bytes.dropLast()).span) else {
        fatalError("a status line is read as something else")
    }
    require(read.name == name && read.revisions == revisions, "another name or revision")
    require(read.report.status == status && read.report.cause == cause, "another status or cause")
    require(read.report.restrains == report.restrains, "another restraint")
    for (written, read) in [
        (report.reason, read.report.reason), (report.by, read.report.by), (report.at, read.report.at),
    ] {
        guard let written, let read else {
            require(written == nil && read == nil, "a text is lost or made up")
            continue
        }
        if written.utf8.count <= FieldEncoding.byteLimit {
            require(written.utf8.elementsEqual(read.utf8), "another text")
        } else {
            let isLong = read.utf8.count > FieldEncoding.byteLimit - 4
            require(isLong && written.utf8.starts(with: read.utf8), "another text, cut")
        }
    }
}
