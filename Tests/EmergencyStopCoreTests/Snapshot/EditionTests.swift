import EmergencyStopCore
import TestSupport
import Testing

@Suite("Editions")
struct EditionTests {
    private static let names = ["A", "B", "C", "D"].map { WorkflowName(validated: $0) }

    /// Snapshots one after the other, as they were and as editions, from that before anything was read.
    private struct Chain {
        var snapshots = [Snapshot.unread]
        var editions = [Edition.none]
        var changes: [EditionChange] = []

        mutating func append(_ snapshot: Snapshot) {
            let (edition, change) = editions[editions.count - 1].next(snapshot)
            snapshots.append(snapshot)
            editions.append(edition)
            changes.append(change)
        }

        var last: Edition { editions[editions.count - 1] }
    }

    @Test("remember the last stop of each name that is not stopped, with its reasons", arguments: 0..<100)
    func lastStops(seed: UInt64) throws {
        let chain = chain(seed, length: 12)
        for edition in chain.editions {
            for name in Self.names where edition.snapshot.status(of: name) != .stop {
                let earlier = chain.snapshots[..<Int(edition.number)]
                // Before anything has settled, only what was shown is a stop that came.
                let isShown = { (snapshot: Snapshot) in snapshot.condition != .stale || snapshot.hasShown(aStopOf: name)
                }
                let last = earlier.lastIndex { $0.status(of: name) == .stop && isShown($0) } ?? 0
                let stop = edition.lastStop(of: name)
                #expect(stop.number == UInt64(last))
                guard chain.snapshots[last].condition != .stale else { continue }
                #expect(stop.report(of: name) == chain.snapshots[last].report(for: name))
            }
        }
    }

    @Test("know since when each entry is what it is, and what has no entry any more", arguments: 0..<100)
    func changes(seed: UInt64) {
        let chain = chain(seed, length: 12)
        let last = chain.last
        for position in 0..<last.count {
            let name = last.snapshot.entries.name(at: position)
            let since = Int(last.changedAt(position))
            let report = last.snapshot.report(for: name)
            #expect(chain.snapshots[since...].allSatisfy { $0.report(for: name) == report && $0.lists(name) })
            let before = chain.snapshots[since - 1]
            #expect(!before.lists(name) || before.report(for: name) != report)
        }
        for number in chain.editions.indices {
            let gone = Set(last.gone(since: UInt64(number)) ?? [])
            for name in Self.names {
                let wasListed = chain.snapshots[number...].contains { $0.lists(name) }
                if wasListed, !last.snapshot.lists(name) { #expect(gone.contains(name)) }
                if gone.contains(name) { #expect(!last.snapshot.lists(name)) }
            }
        }
    }

    @Test("that merge on the way say of every name that has changed that it has", arguments: 0..<100)
    func updates(seed: UInt64) {
        let chain = chain(seed, length: 8)
        for first in chain.snapshots.indices.dropLast() {
            var update = SnapshotUpdate(chain.editions[first + 1], chain.changes[first])
            for index in chain.editions.indices.dropFirst(first + 2) {
                update.absorb(SnapshotUpdate(chain.editions[index], chain.changes[index - 1]))
            }
            #expect(update.edition === chain.last)
            #expect(update.changes.map(\.number) == (first + 1..<chain.editions.count).map { UInt64($0) })
            // Of each name's changes, the last stop and what it is now.
            for name in Self.names {
                let told = update.changes.flatMap(\.details).filter { $0.name == name }.map(\.new.status)
                #expect(told.count <= 2 && !told.dropFirst().contains(.stop))
                #expect(told.count < 2 || told[0] == .stop)
            }
            guard let names = update.names else { continue }
            #expect(Set(names).count == names.count)
            for name in Self.names {
                let reports = Set(chain.snapshots[first...].map { $0.report(for: name) })
                if reports.count > 1 { #expect(names.contains(name)) }
            }
        }
    }

    @Test("count what there is in them, and what has become of names", arguments: 0..<50)
    func counts(seed: UInt64) {
        // A pattern that restrains nothing is not counted, nor what others do to one.
        let chain = chain(seed, length: 8, withPatterns: false)
        for (edition, change) in zip(chain.editions.dropFirst(), chain.changes) {
            let entries = edition.snapshot.entries
            let statuses = (0..<entries.count).map { edition.snapshot.status(of: entries.name(at: $0)) }
            for status in WorkflowStatus.allCases {
                #expect(edition.census.listed(status) == (0..<entries.count).count { entries.status(at: $0) == status })
                let tallied = edition.census.tally.all.filter { $0.status == status }.map(\.count).reduce(0, +)
                #expect(tallied == statuses.count { $0 == status })
            }
            #expect(edition.census.unstopped == statuses.count { $0 != .stop })
            #expect(edition.census.firstUnstopped.count == edition.census.unstopped)
            if let names = change.names {
                #expect(change.tally.all.map(\.count).reduce(0, +) == names.count)
                #expect(change.details.count + change.more <= names.count)
            }
        }
    }

    @Test("of which one changes everything name the first, count the rest, and remember each stop's cause")
    func many() {
        var chain = Chain()
        func entries(_ status: WorkflowStatus, _ last: [Entry] = []) -> Snapshot {
            let names = (0..<30_000).map { WorkflowName(validated: "W\($0)") }
            let entries = names.map { Entry(name: $0, status: status, reason: "all") }
            return Snapshot(SettledState(condition: .readable, entries: EntryTable(entries + last)))
        }
        chain.append(entries(.go))
        chain.append(entries(.stop))
        let change = chain.changes[1]
        #expect(change.names == nil)
        #expect(change.details.count == 100 && change.more == 29_900)
        chain.append(entries(.go))
        for number in [0, 29_999] {
            let stop = chain.last.lastStop(of: WorkflowName(validated: "W\(number)"))
            #expect(stop.number == 2 && stop.cause == .listed)
        }
        // Reasons are remembered of so many, not of all.
        #expect(chain.last.lastStop(of: WorkflowName(validated: "W0")).reason == "all")
        chain.append(entries(.go, [Entry(name: WorkflowName(validated: "W*"), status: .stop, reason: "pattern")]))
        chain.append(entries(.go))
        for number in [0, 29_999] {
            let stop = chain.last.lastStop(of: WorkflowName(validated: "W\(number)"))
            #expect(stop.number == 4 && stop.cause == .pattern && stop.reason == "pattern" && stop.pattern == "W*")
        }
    }

    private func chain(_ seed: UInt64, length: Int, withPatterns: Bool = true) -> Chain {
        var generator = SeededGenerator(seed: seed)
        var chain = Chain()
        let names = Self.names + (withPatterns ? [WorkflowName(validated: "*")] : [])
        for _ in 0..<length { chain.append(random(names, after: chain.last.snapshot, &generator)) }
        return chain
    }

    private func random(
        _ names: [WorkflowName], after last: Snapshot, _ generator: inout SeededGenerator
    ) -> Snapshot {
        if Int.random(in: 0..<8, using: &generator) == 0 {
            return Snapshot(SettledState(condition: Bool.random(using: &generator) ? .missing : .unreadable("why")))
        }
        func table(_ chance: Int) -> EntryTable {
            EntryTable(
                names.shuffled(using: &generator).compactMap { name in
                    guard Int.random(in: 0..<chance, using: &generator) != 0 else { return nil }
                    if name.isPattern, Int.random(in: 0..<3, using: &generator) != 0 { return nil }
                    let status = WorkflowStatus.allCases.randomElement(using: &generator)!
                    let reason = ["one", "two"].randomElement(using: &generator)!
                    return Entry(name: name, status: status, reason: reason)
                }
            )
        }
        if Bool.random(using: &generator), let restrained = last.restrained(by: table(2)) { return restrained }
        return Snapshot(SettledState(condition: .readable, entries: table(5)))
    }
}

extension Snapshot {
    fileprivate func lists(_ name: WorkflowName) -> Bool { entries.position(ofName: name) != nil }

    fileprivate func hasShown(aStopOf name: WorkflowName) -> Bool {
        (0..<restraints.count).contains {
            restraints.status(at: $0) == .stop && restraints.name(at: $0).matches(name)
        }
    }
}
