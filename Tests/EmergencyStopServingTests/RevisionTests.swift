import EmergencyStopCore
import EmergencyStopServing
import Testing

@Suite("Revisions and history")
struct RevisionTests {
    private func revisions(_ story: ServingTranscript, _ name: String) -> StatusLine.Revisions {
        let name = WorkflowName(validated: name)
        return story.registry.revisions(of: name, story.registry.served.status(of: name))
    }

    private func limits(history length: Int) -> Limits {
        var limits = Limits()
        limits.history = length
        return limits
    }

    @Test("of a name say when it was last stopped, and of a stopped name that it is")
    func stopped() {
        let story = ServingTranscript()
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
        let story = ServingTranscript()
        story.settle(["A": .go])
        let before = revisions(story, "A")
        story.settle(.unreadable("Permission denied"))
        story.settle(["A": .go])
        let after = revisions(story, "A")
        #expect(after.stopped > before.current && after.stopped < after.current)
    }

    @Test("count no stop at the start but those that some read has shown: who goes on from another life is not stopped")
    func start() {
        let story = ServingTranscript()
        story.show(["A": .go, "B": .stop, "C": .pause])
        story.settle(["A": .go, "B": .stop, "C": .pause])
        #expect(revisions(story, "A").stopped == 0)
        #expect(revisions(story, "C").stopped == 0)
        #expect(revisions(story, "B").stopped == revisions(story, "B").current)
    }

    @Test("count a stop that was shown and over before anything had settled", arguments: ["A", "A*"])
    func shownAtStart(name: String) {
        let story = ServingTranscript()
        story.show([name: .stop])
        story.settle(["A": .go, "B": .go])
        let revisions = revisions(story, "A")
        #expect(revisions.stopped > 0 && revisions.stopped < revisions.current)
        #expect(self.revisions(story, "B").stopped == 0)
    }

    @Test("count a lapse for every name, and stay in order through it")
    func lapse() {
        let story = ServingTranscript(leaseMilliseconds: 1000)
        story.settle(["A": .go])
        let before = revisions(story, "A")
        story.now = 1000
        story.note()
        let stale = revisions(story, "A")
        #expect(stale.stopped == stale.current && stale.current > before.current)
        // Another file settles while nothing is believed.
        story.settle(["A": .go, "B": .go])
        let after = revisions(story, "A")
        #expect(after.current > stale.current && after.stopped == stale.current)
        story.settle(["A": .stop, "B": .go])
        story.settle(["A": .go, "B": .go])
        #expect(revisions(story, "A").stopped > after.current)
        #expect(revisions(story, "B").stopped == stale.current)
    }

    @Test("history keeps so many changes, the newest")
    func limit() {
        let story = ServingTranscript(limits(history: 3))
        story.settle(["A": .go])
        for status in [WorkflowStatus.stop, .go, .pause, .stop] { story.settle(["A": status]) }
        let history = story.registry.history
        #expect(history.count == 3)
        let news = (0..<3).map { position -> WorkflowStatus? in
            if case .name(_, _, let report) = history[position].subject { report.status } else { nil }
        }
        #expect(news == [.go, .pause, .stop])
        #expect(ServingTranscript(limits(history: 0)).registry.history.count == 0)
    }

    @Test("history has each stop at the revision at which it is told, also where changes merged on the way")
    func mergedRevisions() {
        let story = ServingTranscript()
        story.settle(["A": .go, "B": .go])
        let client = story.connect()
        client.say("hello 1")
        client.say("watch A")
        client.say("watch B")
        // The stop is found twice before it is over, or not over yet.
        for status in [WorkflowStatus.stop, .stop, .go] {
            story.settleUnheard(["A": status, "B": .stop, "C\(status)": .go])
        }
        story.deliver()
        let told = Set(client.lines().compactMap { $0.hasPrefix("stop ") ? $0.split(separator: "\t")[2] : nil })
        let recorded = (0..<story.registry.history.count).compactMap { position -> Substring? in
            let record = story.registry.history[position]
            guard case .name(_, _, let new) = record.subject, new.status == .stop, new.name.count == 1 else {
                return nil
            }
            return "rev=\(record.revision)"
        }
        #expect(told.count == 2 && told == Set(recorded))
    }

    @Test("history begins with the first change, not with what the first read finds, restraints shown before or not")
    func beginning() {
        for isShown in [false, true] {
            let story = ServingTranscript()
            if isShown { story.show(["B": .stop]) }
            story.settle(["A": .go, "B": .stop])
            #expect(story.registry.history.count == 1)
            story.settle(["A": .stop, "B": .stop])
            guard case .name(let name, _, _) = story.registry.history[story.registry.history.count - 1].subject else {
                Issue.record("no change")
                continue
            }
            #expect(name.text == "A")
        }
    }

    @Test("history sums up what one pattern does to many names")
    func summary() {
        let story = ServingTranscript()
        let names = (0..<500).map { Entry(name: WorkflowName(validated: "W\($0)"), status: .go) }
        for entries in [names, names + [Entry(name: WorkflowName(validated: "*"), status: .stop)]] {
            story.settle(entries)
        }
        let history = story.registry.history
        // The file in force, a hundred names, and how many more.
        #expect(history.count == 102)
        if case .more(let count) = history[101].subject { #expect(count == 401) } else { Issue.record("no summary") }
    }

    @Test("a pattern that is lifted is recorded as released, and what others do to it is not recorded")
    func releasedPattern() {
        let story = ServingTranscript()
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

    @Test("a watcher of a pattern is told of its release, and not as a stop")
    func toldPattern() {
        let story = ServingTranscript()
        story.settle(["R*": .stop])
        let (client, all) = (story.connect(), story.connect())
        client.say("watch R*")
        all.say("watch")
        story.settle(["R*": .go])
        #expect(client.hear() == ["none R* unlisted"])
        #expect(all.hear() == ["none R* unlisted"])
        story.settle([:])
        #expect((client.hear() + all.hear()).allSatisfy { $0 == "none R* unlisted" })
    }

    @Test("a pattern is recorded and told when it is shown, and released where it was not to stay")
    func shownPattern() {
        let story = ServingTranscript()
        story.settle(["A": .go])
        let (client, all) = (story.connect(), story.connect())
        client.say("watch *")
        all.say("watch")
        story.show(["*": .stop])
        #expect(client.hear() == ["stop * listed"])
        #expect(all.hear() == ["stop * listed", "stop A pattern"])
        story.settle(["A": .go])
        #expect(client.hear() == ["none * unlisted"])
        #expect(all.hear() == ["none * unlisted", "go A listed"])
        let words = (0..<story.registry.history.count).compactMap { position -> String? in
            guard case .name(let name, let old, let new) = story.registry.history[position].subject else { return nil }
            return "\(name) \(old.word(asNews: false)) \(new.word(asNews: true))"
        }
        #expect(words == ["* none stop", "A go stop", "* stop released", "A stop go"])
    }
}
