import EmergencyStop
import TestSupport
import Testing

@Suite("Updates that merge")
struct SnapshotUpdateTests {
    private static let names = ["A", "B", "C", "D"].map { WorkflowName(validated: $0) }

    @Test("keep every stop of a name that lies between, and every time that all was stopped", arguments: 0..<50)
    func stopsBetween(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let snapshots = (0..<Int.random(in: 2...8, using: &generator)).map { _ in random(&generator) }
            let merged = merge(snapshots)
            let last = snapshots[snapshots.count - 1]
            for name in Self.names where last.status(of: name) != .stop {
                // Stopped after somebody may have been told something else, and before the end.
                let wasStopped = snapshots.indices.contains { index in
                    index > 0 && snapshots[index].status(of: name) == .stop
                        && snapshots[..<index].contains { $0.status(of: name) != .stop }
                }
                let isKept =
                    merged.interim.contains { $0.name == name.text && $0.status == .stop }
                    || merged.interimCondition != nil
                if wasStopped { #expect(isKept, "\(name) in \(snapshots.map { $0.status(of: name) })") }
            }
        }
    }

    @Test(
        "say of every name whose report is another that it has changed, and end at the last snapshot", arguments: 0..<50
    )
    func changes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let snapshots = (0..<Int.random(in: 2...6, using: &generator)).map { _ in random(&generator) }
            let merged = merge(snapshots)
            for name in Self.names {
                let (first, last) = (snapshots[0].report(for: name), snapshots[snapshots.count - 1].report(for: name))
                #expect(merged.snapshot.report(for: name) == last)
                let hasEntry = snapshots[0].lists(name) || snapshots[snapshots.count - 1].lists(name)
                if first != last, hasEntry { #expect(merged.changed.contains(name), "\(first) → \(last)") }
            }
            #expect(Set(merged.changed).count == merged.changed.count)
        }
    }

    @Test("make no stop of a name that was never stopped", arguments: 0..<20)
    func noFalseStops(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let snapshots = (0..<6).map { _ in random(&generator) }
        let merged = merge(snapshots)
        for stop in merged.interim {
            #expect(snapshots.contains { $0.status(of: WorkflowName(validated: stop.name)) == .stop })
        }
        if merged.interimCondition != nil { #expect(snapshots.contains { $0.condition.cause != nil }) }
    }

    private func merge(_ snapshots: [Snapshot]) -> SnapshotUpdate {
        var merged = SnapshotUpdate(from: snapshots[0], to: snapshots[1])
        for index in 2..<max(2, snapshots.count) {
            merged.absorb(SnapshotUpdate(from: snapshots[index - 1], to: snapshots[index]))
        }
        return merged
    }

    private func random(_ generator: inout SeededGenerator) -> Snapshot {
        if Int.random(in: 0..<6, using: &generator) == 0 {
            return Snapshot(SettledState(condition: Bool.random(using: &generator) ? .missing : .unreadable("why")))
        }
        func table(_ chance: Int) -> EntryTable {
            EntryTable(
                (Self.names + [WorkflowName(validated: "*")]).compactMap { name in
                    guard Int.random(in: 0..<chance, using: &generator) != 0 else { return nil }
                    if name.isPattern, Int.random(in: 0..<3, using: &generator) != 0 { return nil }
                    return Entry(name: name, status: WorkflowStatus.allCases.randomElement(using: &generator)!)
                }
            )
        }
        let snapshot = Snapshot(SettledState(condition: .readable, entries: table(5)))
        guard Bool.random(using: &generator) else { return snapshot }
        return snapshot.restrained(by: table(2)) ?? snapshot
    }
}

extension Snapshot {
    fileprivate func lists(_ name: WorkflowName) -> Bool {
        entries.position(of: Array(name.text.utf8).span) != nil
    }
}
