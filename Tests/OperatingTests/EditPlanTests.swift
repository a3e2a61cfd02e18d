import EmergencyStopCore
import Testing

@testable import Operating

@Suite("What an operator may change")
struct EditPlanTests {
    private let entries = EntryTable([
        Entry(name: WorkflowName(validated: "SatelliteDiskErase"), status: .go),
        Entry(name: WorkflowName(validated: "Mine"), status: .stop, reason: "mine", by: "me"),
        Entry(name: WorkflowName(validated: "Yours"), status: .stop, reason: "INC-1", by: "you", at: "then"),
        Entry(name: WorkflowName(validated: "Nobodys"), status: .stop),
        Entry(name: WorkflowName(validated: "Held"), status: .pause, reason: "INC-2", by: "you"),
        Entry(name: WorkflowName(validated: "Card"), status: .stop, reason: "INC-3"),
    ])

    private func plan(
        _ status: WorkflowStatus, _ names: [String], adds: Bool = false, overrides: Bool = false,
        present: [String: EditRequest.Presence] = [:], files: [String] = []
    ) -> EditPlan {
        EditPlan(
            EditRequest(
                names: names.map { WorkflowName(validated: $0) }, status: status, by: "me", at: "now",
                addsEntries: adds, overrides: overrides
            ),
            entries: entries,
            present: Dictionary(uniqueKeysWithValues: present.map { (WorkflowName(validated: $0), $1) }),
            files: files
        )
    }

    private func request(_ status: WorkflowStatus, _ names: [String]) -> EditRequest {
        EditRequest(
            names: names.map { WorkflowName(validated: $0) }, status: status, by: "me", at: "now", addsEntries: false,
            overrides: false
        )
    }

    private func accepted(_ plan: EditPlan) -> [String] { plan.accepted.map(\.text) }

    @Test("a typing error is refused with what was meant, for a stop as well")
    func typingErrors() {
        let plan = plan(.stop, ["SateliteDiskErase", "SatelliteDiskErase"])
        #expect(accepted(plan) == ["SatelliteDiskErase"])
        #expect(
            plan.refusals.map(\.cause) == [.unknown(suggestion: "SatelliteDiskErase", runsAreKnown: true, watchers: 0)])
        #expect(plan.refusals[0].description.contains("did you mean SatelliteDiskErase?"))
    }

    @Test("a release with a typing error releases nothing")
    func wholeReleases() {
        #expect(accepted(plan(.go, ["SatelliteDiskErase", "Mine", "Typo"])) == [])
    }

    @Test("a name without an entry is added when it is asked for, or when somebody runs it")
    func additions() {
        #expect(accepted(plan(.stop, ["New"], adds: true)) == ["New"])
        #expect(accepted(plan(.stop, ["New"], present: ["New": .init(watchers: 0, runs: 2)])) == ["New"])
        // Who watches it may have mistyped it, too.
        let watched = plan(.stop, ["New"], present: ["New": .init(watchers: 1, runs: 0)])
        #expect(accepted(watched) == [])
        #expect(watched.refusals[0].description.contains("(watched, but with no entry and no run)"))
        // To let something go is to be said expressly.
        #expect(accepted(plan(.go, ["New"], present: ["New": .init(watchers: 0, runs: 2)])) == [])
        #expect(accepted(plan(.go, ["New"], adds: true)) == ["New"])
    }

    @Test("a pattern is accepted when it matches something, everything always")
    func patterns() {
        #expect(accepted(plan(.stop, ["Satellite*", "*"])) == ["Satellite*", "*"])
        #expect(plan(.stop, ["Stellite*"]).refusals.count == 1)
        // As asked for already, or mistyped.
        #expect(accepted(plan(.go, ["Satellite*", "*"])) == ["Satellite*", "*"])
        #expect(plan(.go, ["Stellite*"]).refusals.map(\.cause) == [.nothingToRelease])
    }

    @Test("another's restraint is lifted only expressly, one's own and nobody's at once")
    func foreign() {
        let refused = plan(.go, ["Yours"])
        #expect(refused.accepted.isEmpty)
        #expect(refused.refusals[0].description.contains("stop by you, then: INC-1"))
        #expect(refused.refusals[0].description.contains("--override"))
        #expect(accepted(plan(.go, ["Yours"], overrides: true)) == ["Yours"])
        #expect(accepted(plan(.go, ["Mine", "Nobodys"])) == ["Mine", "Nobodys"])
        #expect(plan(.go, ["Card"]).refusals[0].description.contains("stop by somebody: INC-3"))
    }

    @Test(
        "what others have restrained already is restrained once more, beside theirs",
        arguments: [WorkflowStatus.stop, .pause])
    func besideOthers(status: WorkflowStatus) {
        for name in ["Yours", "Held", "Card"] {
            let beside = plan(status, [name])
            #expect(accepted(beside) == [name])
            let edit = beside.edits(request(status, [name]))[0]
            #expect(edit.spares == [entries.entry(WorkflowName(validated: name))])
            #expect(edit.by == "me" && edit.status == status)
            #expect(beside.kept.count == 1)
        }
        #expect(
            plan(status, ["Held"]).kept.map(\.description) == [
                "Held: pause by you: INC-2. That stays beside your entry. To replace it: --override"
            ])
        // Of what nobody has signed there is nobody whose it could stay.
        #expect(plan(status, ["Nobodys"]).edits(request(status, ["Nobodys"]))[0].spares.isEmpty)
        // A pause is not what holds where another has stopped it.
        #expect(plan(status, ["Yours"]).isWhole(request(status, ["Yours"])) == (status == .stop))
        #expect(plan(status, ["Held"]).isWhole(request(status, ["Held"])))
    }

    @Test("one's own restraint beside others' is lifted alone, and of several names none where one stays")
    func partialRelease() {
        let name = WorkflowName(validated: "Both")
        let (mine, yours) = (
            Entry(name: name, status: .stop, by: "me"), Entry(name: name, status: .stop, reason: "INC-1", by: "you")
        )
        func plan(_ names: [String]) -> EditPlan {
            EditPlan(
                request(.go, names),
                entries: EntryTable([
                    yours, mine, Entry(name: WorkflowName(validated: "Mine"), status: .stop, by: "me"),
                ]),
                duplicates: [name: [yours, mine]], present: [:], files: [])
        }
        let alone = plan(["Both"])
        #expect(accepted(alone) == ["Both"])
        #expect(alone.edits(request(.go, ["Both"]))[0].spares == [yours])
        #expect(!alone.isWhole(request(.go, ["Both"])))
        #expect(
            alone.kept.map(\.description) == [
                "Both: stop by you: INC-1. That stays; only yours was lifted. To lift another person's stop: "
                    + "--override"
            ])
        let together = plan(["Mine", "Both"])
        #expect(together.accepted.isEmpty)
        #expect(Set(together.refusals.map(\.cause)) == [.foreign(yours), .heldBack])
    }

    @Test("a name that is a file here is taken for a pattern that a shell has expanded")
    func fileNames() {
        let refused = plan(.stop, ["es.json"], files: ["es.json"])
        #expect(refused.refusals.map(\.cause) == [.fileName])
        #expect(refused.refusals[0].description.contains("--prefix"))
    }

    @Test(
        "the pattern behind names of files is found",
        arguments: [
            (["a.txt", "b.txt"], "*"), (["b.txt", "a.txt"], "*"), (["a.txt"], nil), (["a.txt", "c"], nil),
        ] as [([String], String?)])
    func expansions(names: [String], pattern: String?) {
        #expect(ShellExpansion.pattern(behind: names, files: ["a.txt", "b.txt", ".hidden"]) == pattern)
    }

    @Test("the pattern behind names of files that begin alike is found")
    func prefixExpansions() {
        let files = ["Sat1", "Sat2", "other"]
        #expect(ShellExpansion.pattern(behind: ["Sat1", "Sat2"], files: files) == "Sat*")
        #expect(ShellExpansion.pattern(behind: ["Sat1", "other"], files: files) == nil)
    }

    @Test(
        "the known name that is most like the one typed is found",
        arguments: [
            ("satellitediskerase", "SatelliteDiskErase"), ("Satelite", "SatelliteDiskErase"),
            ("SatelliteDiksErase", "SatelliteDiskErase"), ("Router", "RouterFirmwareUpgrade"), ("Banana", nil),
            ("x", nil), ("", nil),
        ] as [(String, String?)])
    func suggestions(typed: String, meant: String?) {
        #expect(suggestion(for: typed, among: ["SatelliteDiskErase", "RouterFirmwareUpgrade"]) == meant)
    }
}
