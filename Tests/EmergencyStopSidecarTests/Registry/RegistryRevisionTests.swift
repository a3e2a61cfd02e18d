import EmergencyStop
import EmergencyStopSidecar
import Testing

@Suite("Revisions and history")
struct RegistryRevisionTests {
    private func revisions(_ story: RegistryTranscript, _ name: String) -> StatusLine.Revisions {
        let name = WorkflowName(validated: name)
        return story.registry.revisions(of: name, story.registry.served.status(of: name))
    }

    @Test("of a name say when it was last stopped, and of a stopped name that it is")
    func stopped() {
        let story = RegistryTranscript()
        story.settle(["A": .go, "B": .stop])
        let first = revisions(story, "A")
        #expect(first.stopped < first.current)
        #expect(revisions(story, "B").stopped == first.current)
        story.settle(["A": .stop, "B": .stop])
        let stop = revisions(story, "A")
        #expect(stop.stopped == stop.current)
        story.settle(["A": .pause, "B": .stop])
        story.settle(["A": .go, "B": .stop])
        let after = revisions(story, "A")
        #expect(after.stopped >= stop.stopped && after.stopped > first.current && after.stopped < after.current)
    }

    @Test("count the stop of everything for every name")
    func stopOfAll() {
        let story = RegistryTranscript()
        story.settle(["A": .go])
        let before = revisions(story, "A")
        story.settle(.unreadable("Permission denied"))
        story.settle(["A": .go])
        let after = revisions(story, "A")
        #expect(after.stopped > before.current && after.stopped < after.current)
    }

    @Test("history keeps so many changes, the newest")
    func limit() {
        let story = RegistryTranscript(historyLimit: 3)
        story.settle(["A": .go])
        for status in [WorkflowStatus.stop, .go, .pause, .stop] { story.settle(["A": status]) }
        let history = story.registry.history
        #expect(history.count == 3)
        let news = (0..<3).map { position -> WorkflowStatus? in
            if case .name(_, _, let report) = history[position].subject { report.status } else { nil }
        }
        #expect(news == [.go, .pause, .stop])
        #expect(RegistryTranscript(historyLimit: 0).registry.history.count == 0)
    }

    @Test("history sums up what one pattern does to many names")
    func summary() {
        let story = RegistryTranscript(historyLimit: 1000)
        let names = (0..<500).map { Entry(name: WorkflowName(validated: "W\($0)"), status: .go) }
        var digest = SourceDigest()
        for entries in [names, names + [Entry(name: WorkflowName(validated: "*"), status: .stop)]] {
            let state = SettledState(condition: .readable, entries: EntryTable(entries))
            let delivery = digest.digest(
                SourceEvent(finding: .settled(state), readAt: story.instant, trigger: .hint, satisfied: .none)
            )
            story.registry.apply(
                delivery.update, verifiedAt: delivery.verifiedAt, satisfied: .none, at: story.instant, story.time
            )
        }
        let history = story.registry.history
        // The file in force, a hundred names, and how many more.
        #expect(history.count == 102)
        if case .more(let count) = history[101].subject { #expect(count == 401) } else { Issue.record("no summary") }
    }
}
