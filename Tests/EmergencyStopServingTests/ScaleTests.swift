import EmergencyStopCore
import EmergencyStopServing
import Testing

@Suite("The registry's work", .serialized)
struct ScaleTests {
    /// The shortest time, of several, that all the registry does for a round of changes takes: one name changes, a
    /// pattern stops all, the file goes and comes back, the lease lapses.
    private func shortestRound(entries count: Int) -> Duration {
        let names = (0..<count).map { Entry(name: WorkflowName(validated: "W\($0)"), status: .go) }
        func snapshot(_ first: WorkflowStatus, _ more: [Entry] = []) -> Snapshot {
            let entries = [Entry(name: WorkflowName(validated: "W"), status: first)] + names + more
            return Snapshot(SettledState(condition: .readable, entries: EntryTable(entries)))
        }
        let stopOfAll = Entry(name: WorkflowName(validated: "*"), status: .stop)
        let rounds = [
            snapshot(.go), snapshot(.pause), snapshot(.go, [stopOfAll]), snapshot(.go),
            Snapshot(SettledState(condition: .missing)),
        ]
        var edition = Edition.none
        var registry = Registry(
            Life(instance: RunID(high: 0, low: 0), version: "test"), startedAt: .now, lease: .seconds(20),
            limits: Limits()
        )
        var (now, shortest) = (ContinuousClock.now, Duration.seconds(3600))
        let time = Timestamp(seconds: 0, nanoseconds: 0)
        for _ in 0..<5 {
            var round = Duration.zero
            for snapshot in rounds {
                let (next, change) = edition.next(snapshot)
                edition = next
                let update = SnapshotUpdate(next, change)
                round += ContinuousClock().measure {
                    _ = registry.apply(update, verifiedAt: now, satisfied: .none, at: now, time)
                }
            }
            now += .seconds(30)
            round += ContinuousClock().measure { _ = registry.note(now, time) }
            shortest = min(shortest, round)
        }
        return shortest
    }

    @Test("for a change does not grow with the number of entries, whatever changes")
    func entries() {
        let (few, many) = (shortestRound(entries: 200), shortestRound(entries: 40_000))
        // A walk over all of them would take two hundred times as long.
        #expect(many < few * 20 + .milliseconds(2), "\(few) for few, \(many) for many")
    }
}
