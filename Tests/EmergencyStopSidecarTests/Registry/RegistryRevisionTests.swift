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

    @Test("a pattern that is lifted is recorded as released, and what others do to it is not recorded")
    func releasedPattern() {
        let story = RegistryTranscript()
        var words: [String] {
            (0..<story.registry.history.count).compactMap { position in
                guard case .name(let name, let old, let new) = story.registry.history[position].subject else {
                    return nil
                }
                return "\(name) \(old.word(asNews: false)) \(new.word(asNews: true))"
            }
        }
        story.settle(["R*": .stop])
        story.settle(["R*": .go])
        #expect(words == ["R* stop released"])
        story.settle(["R*": .go, "*": .stop])
        #expect(words.last == "* none stop")
        #expect(words.count == 2)
        story.settle(["R*": .pause, "*": .stop])
        #expect(words.last == "R* none pause")
        story.settle(["*": .stop])
        #expect(words.last == "R* pause released")
        story.settle([:])
        #expect(words.last == "* stop released")
        #expect(words.count == 5)
    }

    @Test("a pattern is recorded and told when it is shown, and released where it was not to stay")
    func shownPattern() {
        let story = RegistryTranscript()
        story.settle(["A": .go])
        let watcher = TestWatcher(story, "*")
        watcher.watchAll()
        story.show(["*": .stop])
        #expect(watcher.read() == ["stop * listed", "stop * listed", "stop A pattern"])
        story.settle(["A": .go])
        #expect(watcher.read() == ["none * unlisted", "none * unlisted", "go A listed"])
        let words = (0..<story.registry.history.count).compactMap { position -> String? in
            guard case .name(let name, let old, let new) = story.registry.history[position].subject else { return nil }
            return "\(name) \(old.word(asNews: false)) \(new.word(asNews: true))"
        }
        #expect(words == ["* none stop", "A go stop", "* stop released", "A stop go"])
    }

    @Test("a watcher of a pattern is told of its release, and not as a stop")
    func toldPattern() {
        let story = RegistryTranscript()
        story.settle(["R*": .stop])
        let watcher = TestWatcher(story, "R*")
        watcher.watchAll()
        story.settle(["R*": .go])
        #expect(watcher.read() == ["none R* unlisted", "none R* unlisted"])
        story.settle([:])
        #expect(watcher.read().allSatisfy { $0 == "none R* unlisted" })
    }
}
