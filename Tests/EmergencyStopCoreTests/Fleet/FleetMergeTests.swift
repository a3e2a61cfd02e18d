import EmergencyStopCore
import TestSupport
import Testing

/// What a fleet does to what the host's own file says, against the rule written down as slowly and plainly as it goes.
@Suite("A fleet merged with the host's file")
struct FleetMergeTests {
    private static let names = ["A", "B", "AB", "ABC", "A*", "AB*", "*", "Z"]
    private static let header = FleetHeader(
        fleet: "prod", epoch: "e", revision: 1, verifiedAt: MonotonicInstant(nanoseconds: 0), boot: "b")

    private static func entries(_ generator: inout SeededGenerator, by author: String) -> [Entry] {
        names.compactMap { name in
            guard Bool.random(using: &generator) else { return nil }
            return Entry(
                name: WorkflowName(validated: name), status: WorkflowStatus.allCases.randomElement(using: &generator)!,
                by: author
            )
        }
    }

    /// The least of the host's own answer and of every entry of the fleet that matches and is not go.
    private static func reference(_ name: WorkflowName, _ host: Snapshot, _ fleet: [Entry]) -> WorkflowStatus {
        let restraints = fleet.filter { $0.status != .go && ($0.name == name || $0.name.matches(name)) }
        return min(host.status(of: name), restraints.map(\.status).min() ?? .go)
    }

    @Test("restrains by the least of all that match, and never releases", arguments: 0..<2_000)
    func laws(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let host = Snapshot(
            SettledState(condition: .readable, entries: EntryTable(Self.entries(&generator, by: "host"))))
        let fleetEntries = Self.entries(&generator, by: "fleet")
        let merged = host.under(FleetRestraint(Self.header, EntryTable(fleetEntries)))
        for text in ["A", "B", "AB", "ABC", "Z", "ABCD", "Q"] {
            let name = WorkflowName(validated: text)
            let (own, report) = (host.report(for: name), merged.report(for: name))
            #expect(report.status == Self.reference(name, host, fleetEntries), "\(text)")
            #expect(report.status <= own.status)
            if report.status == own.status {
                // On a tie the host's own gives the cause, with all its words.
                #expect(report == own)
            } else {
                #expect(report.cause == .fleet && report.by == "fleet")
                if let pattern = report.pattern {
                    #expect(WorkflowName(validated: pattern).matches(name))
                } else {
                    #expect(fleetEntries.contains { $0.name == name && $0.status == report.status })
                }
            }
        }
        // A fleet of nothing but go, and one of nothing, are none.
        let idle = fleetEntries.map { Entry(name: $0.name, status: .go) }
        for entries in [idle, []] {
            let merged = host.under(FleetRestraint(Self.header, EntryTable(entries)))
            for name in Self.names.map(WorkflowName.init(validated:)) {
                #expect(merged.report(for: name) == host.report(for: name))
            }
        }
    }

    @Test("shows a pattern that the host has not as what the fleet made of it")
    func patterns() {
        let a = WorkflowName(validated: "A*")
        func line(_ host: WorkflowStatus?, _ fleet: WorkflowStatus, all: WorkflowStatus? = nil) -> String {
            let own = host.map { [Entry(name: a, status: $0)] } ?? []
            let wide = all.map { [Entry(name: WorkflowName(validated: "*"), status: $0)] } ?? []
            let merged = Snapshot(
                SettledState(condition: .readable, entries: EntryTable(own)),
                fleet: FleetRestraint(Self.header, EntryTable([Entry(name: a, status: fleet)] + wide)))
            var writer = LineWriter()
            StatusLine.write(merged.report(for: a), nil, to: &writer)
            return String(decoding: writer.bytes, as: UTF8.self).replacing("\t", with: " ").replacing("\n", with: "")
        }
        #expect(line(nil, .stop) == "stop A* cause=fleet pattern=A* restrains=stop")
        #expect(line(nil, .pause) == "pause A* cause=fleet pattern=A* restrains=pause")
        #expect(line(nil, .go) == "none A* cause=unlisted restrains=none")
        #expect(line(.go, .pause) == "pause A* cause=fleet pattern=A* restrains=pause")
        #expect(line(.pause, .stop) == "stop A* cause=fleet pattern=A* restrains=stop")
        #expect(line(.stop, .pause) == "stop A* cause=listed pattern=A* restrains=stop")
        #expect(line(.go, .go, all: .stop) == "stop A* cause=fleet pattern=* restrains=none")
        #expect(line(nil, .pause, all: .stop) == "stop A* cause=fleet pattern=* restrains=pause")
    }

    @Test("that cannot be believed stops everything, but the host's own trouble is told first")
    func conditions() {
        let settled = SettledState(
            condition: .readable,
            entries: EntryTable([Entry(name: WorkflowName(validated: "A"), status: .go)]))
        let malformed = Diagnostic(severity: .error, line: 1, column: 2, message: "what")
        for (condition, cause, reason) in [
            (.fleetMissing(nil), .fleetMissing, nil), (.fleetMissing("why"), .fleetMissing, "why"),
            (.fleetMalformed(malformed), .fleetMalformed, "1:2: error: what"),
            (.fleetStale(.tooOld), .fleetStale, "not verified within the fleet's lease"),
        ] as [(SettledState.Condition, StopCause, String?)] {
            let merged = Snapshot(settled, fleet: FleetRestraint(condition))
            let report = merged.report(for: WorkflowName(validated: "A"))
            #expect(report.status == .stop && report.cause == cause && report.reason == reason)
            let missing = Snapshot(SettledState(condition: .missing), fleet: FleetRestraint(condition))
            #expect(missing.report(for: WorkflowName(validated: "A")).cause == .missingFile)
            // The host's file is still known when the fleet is well again.
            let well = merged.under(FleetRestraint(Self.header, EntryTable()))
            #expect(well.status(of: WorkflowName(validated: "A")) == .go)
        }
    }

    @Test("what a read only showed restrains beside it, and goes when something settles")
    func shown() throws {
        let a = WorkflowName(validated: "A")
        let fleet = FleetRestraint(Self.header, EntryTable([Entry(name: a, status: .pause, by: "fleet")]))
        let settled = SettledState(condition: .readable, entries: EntryTable([Entry(name: a, status: .go)]))
        let merged = Snapshot(settled, fleet: fleet)
        #expect(merged.report(for: a).cause == .fleet)
        let shown = try #require(merged.restrained(by: EntryTable([Entry(name: a, status: .stop)])))
        #expect(shown.report(for: a).status == .stop && shown.report(for: a).cause == .listed)
        #expect(shown.under(FleetRestraint(Self.header, EntryTable())).status(of: a) == .stop)
        #expect(shown.found(in: Provenance(owner: 0, device: 0, inode: 0, size: 0, sha256: "")).fleet === fleet)
    }
}
