import EmergencyStopCore
import TestSupport
import Testing

@Suite("Patterns")
struct PatternIndexTests {
    @Test(
        "restrain as trying each of them would say: the least status, of those that tie the longest", arguments: 0..<40)
    func bruteForce(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func table() -> EntryTable {
            var entries: [String: WorkflowStatus] = [:]
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                entries[prefix(&generator) + "*"] = WorkflowStatus.allCases.randomElement(using: &generator)!
            }
            return EntryTable(entries.map { Entry(name: WorkflowName(validated: $0.key), status: $0.value) })
        }
        for _ in 0..<50 {
            let settled = table()
            let shown = table()
            let index = PatternIndex(settled: settled, restraints: shown)
            for _ in 0..<20 {
                let name = prefix(&generator) + prefix(&generator)
                let expected = restraint(on: name, settled, shown)
                let found = index.restraint(on: Array(name.utf8).span)
                #expect(found?.status == expected?.status, "\(name)")
                let pattern = found.map { text(of: $0.evidence, settled, shown) }
                #expect(pattern == expected?.pattern, "\(name)")
            }
        }
    }

    private func prefix(_ generator: inout SeededGenerator) -> String {
        String((0..<Int.random(in: 0...4, using: &generator)).map { _ in "aab消".randomElement(using: &generator)! })
    }

    private func text(of evidence: Resolution.Evidence, _ settled: EntryTable, _ shown: EntryTable) -> String {
        switch evidence {
        case .none: "none"
        case .settled(let position): settled.name(at: position).text
        case .restraint(let position): shown.name(at: position).text
        case .fleet: "fleet"
        }
    }

    private func restraint(
        on name: String, _ settled: EntryTable, _ shown: EntryTable
    ) -> (status: WorkflowStatus, pattern: String)? {
        var best: (status: WorkflowStatus, pattern: String)?
        for table in [settled, shown] {
            for position in 0..<table.count {
                let entry = table[position]
                guard entry.status != .go, name.utf8.starts(with: entry.name.text.utf8.dropLast()) else { continue }
                if let known = best {
                    let isBetter =
                        entry.status < known.status
                        || entry.status == known.status && entry.name.text.utf8.count > known.pattern.utf8.count
                    guard isBetter else { continue }
                }
                best = (entry.status, entry.name.text)
            }
        }
        return best
    }
}
