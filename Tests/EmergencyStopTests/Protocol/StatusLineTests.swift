import EmergencyStop
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
        ])
        let malformed = Diagnostic(severity: .error, line: 1, column: 2, message: "odd")
        for condition in [SettledState.Condition.readable, .missing, .unreadable("why"), .malformed(malformed), .stale]
        {
            let snapshot = Snapshot(SettledState(condition: condition, entries: entries))
            for name in ["A", "B", "C", "A2*", "A2x", "A2y", "Unknown"] {
                var (one, other) = (LineWriter(), LineWriter())
                StatusLine.write(snapshot.report(for: WorkflowName(validated: name)), nil, to: &one)
                StatusLine.write(Array(name.utf8).span, in: snapshot, nil, to: &other)
                #expect(one.bytes == other.bytes, "\(name) under \(condition)")
            }
        }
    }
}
