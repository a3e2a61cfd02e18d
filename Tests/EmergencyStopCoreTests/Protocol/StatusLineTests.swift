import EmergencyStopCore
import TestSupport
import Testing

@Suite("A status line")
struct StatusLineTests {
    @Test("has at most 4,096 bytes, whatever an operator writes")
    func longest() {
        // Every byte of these takes three on the wire.
        let worst = String(repeating: "\u{1}", count: 1000)
        let report = StatusReport(
            name: String(repeating: "n", count: 255), status: .pause, cause: .unreadableFile,
            pattern: String(repeating: "%", count: 254) + "*", reason: worst, by: worst, at: worst
        )
        var writer = LineWriter()
        StatusLine.write(report, .init(current: .max, stopped: .max), watchers: .max, runs: .max, to: &writer)
        #expect(writer.count <= 4096)
        #expect(writer.bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(writer.bytes.last == UInt8(ascii: "\n"))
    }

    @Test("is the same whether written from a report or from the snapshot")
    func sameFromSnapshot() {
        let entries = EntryTable([
            Entry(name: WorkflowName(validated: "A"), status: .go),
            Entry(name: WorkflowName(validated: "B"), status: .stop, reason: "r\n", by: "b", at: "t"),
            Entry(name: WorkflowName(validated: "C"), status: .stop, isInvalid: true),
            Entry(name: WorkflowName(validated: "A2*"), status: .pause, reason: "slow"),
            Entry(name: WorkflowName(validated: "A2x"), status: .go),
            Entry(name: WorkflowName(validated: "Free*"), status: .go),
        ])
        let malformed = Diagnostic(severity: .error, line: 1, column: 2, message: "odd")
        for condition in [SettledState.Condition.readable, .missing, .unreadable("why"), .malformed(malformed), .stale]
        {
            let snapshot = Snapshot(SettledState(condition: condition, entries: entries))
            for name in ["A", "B", "C", "A2*", "A2x", "A2y", "Unknown", "*", "Free*", "A*"] {
                var (one, other) = (LineWriter(), LineWriter())
                let report = snapshot.report(for: WorkflowName(validated: name))
                StatusLine.write(report, nil, isOfName: true, to: &one)
                StatusLine.write(Array(name.utf8).span, in: snapshot, nil, to: &other)
                #expect(one.bytes == other.bytes, "\(name) under \(condition)")
            }
        }
    }

    private func line(_ name: String, _ snapshot: Snapshot) -> String {
        var writer = LineWriter()
        StatusLine.write(Array(name.utf8).span, in: snapshot, nil, to: &writer)
        return String(decoding: writer.bytes.dropLast(), as: UTF8.self).replacing("\t", with: " ")
    }

    private func snapshot(_ entries: KeyValuePairs<String, WorkflowStatus>) -> Snapshot {
        let table = EntryTable(entries.map { Entry(name: WorkflowName(validated: $0.key), status: $0.value) })
        return Snapshot(SettledState(condition: .readable, entries: table))
    }

    @Test("of a pattern says what holds for all that it matches, never go, and what its own entry restrains")
    func patterns() {
        let open = snapshot(["R*": .go, "Sat*": .pause, "R1": .go])
        #expect(line("R*", open) == "stop R* cause=unlisted pattern=R* restrains=none")
        #expect(line("*", open) == "stop * cause=unlisted restrains=none")
        #expect(line("Sat*", open) == "pause Sat* cause=listed pattern=Sat* restrains=pause")
        #expect(line("Router*", open) == "stop Router* cause=unlisted restrains=none")
        #expect(line("R1", open) == "go R1 cause=listed")
        let stopped = snapshot(["R*": .go, "Sat*": .pause, "*": .stop])
        #expect(line("R*", stopped) == "stop R* cause=pattern pattern=* restrains=none")
        #expect(line("Sat*", stopped) == "stop Sat* cause=pattern pattern=* restrains=pause")
        #expect(line("Satellite*", stopped) == "stop Satellite* cause=pattern pattern=* restrains=none")
        // As a name it has no entry, so it is stopped, whatever pause there is.
        #expect(line("Sat1*", snapshot(["Sat*": .pause])) == "stop Sat1* cause=unlisted restrains=none")
        #expect(line("*", stopped) == "stop * cause=listed pattern=* restrains=stop")
        #expect(line("R*", open.under(.stale)) == "stop R* cause=stale restrains=none")
    }

    @Test("of a pattern that restrains nothing tells of no stop where it is listed or watched, and is never go")
    func idlePatterns() {
        for (entries, expected) in [
            (["R*": .go], "none R* cause=unlisted pattern=R* restrains=none"),
            (["R*": .go, "*": .stop], "stop R* cause=pattern pattern=* restrains=none"),
            ([:], "none R* cause=unlisted restrains=none"),
        ] as [(KeyValuePairs<String, WorkflowStatus>, String)] {
            var writer = LineWriter()
            StatusLine.write(snapshot(entries).report(for: WorkflowName(validated: "R*")), nil, to: &writer)
            #expect(String(decoding: writer.bytes.dropLast(), as: UTF8.self).replacing("\t", with: " ") == expected)
        }
    }

    @Test("of a pattern that was only shown says that it restrains")
    func shownPatterns() throws {
        let shown = EntryTable([
            Entry(name: WorkflowName(validated: "R*"), status: .stop),
            Entry(name: WorkflowName(validated: "New*"), status: .pause),
        ])
        let snapshot = try #require(snapshot(["R*": .go, "R1": .go]).restrained(by: shown))
        #expect(line("R*", snapshot) == "stop R* cause=listed pattern=R* restrains=stop")
        #expect(line("New*", snapshot) == "pause New* cause=listed pattern=New* restrains=pause")
        #expect(line("New1", snapshot) == "stop New1 cause=unlisted")
    }

    @Test("of a pattern is understood, and never as go")
    func understood() throws {
        func status(_ line: String) throws -> StatusReport {
            let line = ServerLine(
                Array(line.replacing(" cause", with: "\tcause").replacing(" res", with: "\tres").utf8).span)
            guard case .status(let status) = line else { throw TestFailure("\(line)") }
            return status.report
        }
        let idle = try status("none R* cause=unlisted restrains=none")
        #expect(idle.status == .stop)
        #expect(idle.cause == .unlisted)
        #expect(idle.restrains == .go)
        #expect(idle.isOfIdlePattern)
        let other = try status("stop R* cause=pattern restrains=pause")
        #expect(other.restrains == .pause)
        #expect(!other.isOfIdlePattern)
        #expect(try status("go R cause=listed restrains=stop").restrains == nil)
        #expect(ServerLine(Array("none R\tcause=unlisted".utf8).span) == .unknown)
        #expect(try status("none R* cause=listed").cause == .unlisted)
    }

    @Test("of a pattern is news where its own entry changed under a wider one")
    func news() {
        let old = snapshot(["*": .stop, "R*": .go, "S*": .go])
        let new = snapshot(["*": .stop, "R*": .pause, "S*": .go])
        #expect(Edition.none.next(old).edition.next(new).change.names == [WorkflowName(validated: "R*")])
    }
}
