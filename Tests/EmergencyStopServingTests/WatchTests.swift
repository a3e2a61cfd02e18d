import EmergencyStopCore
import EmergencyStopServing
import Testing

@Suite("What watchers are told")
struct WatchTests {
    private func watcher(_ story: ServingTranscript, _ names: String...) -> ServingClient {
        let client = story.connect()
        for name in names { client.say("watch \(name)") }
        return client
    }

    private func watcherOfAll(_ story: ServingTranscript) -> ServingClient {
        let client = story.connect()
        client.say("watch")
        return client
    }

    @Test("is what changed for them, and nothing else")
    func changes() {
        let story = ServingTranscript()
        story.settle(["A": .go, "B": .go])
        let client = watcher(story, "A", "Ghost")
        #expect(client.hear().isEmpty)
        story.settle(["A": .go, "B": .stop])
        #expect(client.hear().isEmpty)
        story.settle(["A": .pause, "B": .stop])
        #expect(client.hear() == ["pause A listed"])
        story.settle(["A": .pause, "Ghost": .go])
        #expect(client.hear() == ["go Ghost listed"])
        story.settle(.missing)
        #expect(client.hear().sorted() == ["stop A missing-file", "stop Ghost missing-file"])
    }

    @Test("is done in order: first those who have to stop, then those who may go, then it is written down")
    func order() {
        let story = ServingTranscript()
        story.settle(["A": .go, "B": .stop, "C": .pause, "D": .go])
        let client = watcher(story, "A", "B", "C")
        let before = story.done.count
        story.settle(["A": .stop, "B": .go, "C": .stop, "D": .stop])
        #expect(Array(story.done[before...]) == ["restrained", "restrained", "released", "recorded"])
        #expect(Array(client.hear().suffix(1)) == ["go B listed"])
    }

    @Test("keeps a stop that came and went before they read, once")
    func stopBetween() {
        let story = ServingTranscript()
        story.settle(["A": .go])
        let client = watcher(story, "A")
        for status in [WorkflowStatus.stop, .go, .pause, .go] { story.settle(["A": status]) }
        #expect(client.hear() == ["stop A listed", "go A listed"])
        #expect(client.hear().isEmpty)
    }

    @Test("is a stop only once: who knows of it is not told again when it ends")
    func knownStop() {
        let story = ServingTranscript()
        story.settle(["A": .go, "B": .stop])
        let client = watcher(story, "A", "B")
        story.show(["A": .stop])
        #expect(client.hear() == ["stop A listed"])
        // Revisions pass which are no news of A.
        story.settle(["A": .stop, "B": .stop, "C": .go])
        story.settle(["A": .stop, "B": .stop])
        #expect(client.hear().isEmpty)
        story.settle(["A": .go, "B": .go])
        #expect(client.hear().sorted() == ["go A listed", "go B listed"])
        story.settle(["A": .stop, "B": .go])
        story.settle(["A": .go, "B": .go])
        #expect(client.hear() == ["stop A listed", "go A listed"])
    }

    @Test("keeps a stop that lies between what merged on the way")
    func mergedStop() {
        let story = ServingTranscript()
        story.settle(["A": .go, "B": .go])
        let client = watcher(story, "A", "B")
        for status in [WorkflowStatus.stop, .go] { story.settleUnheard(["A": status, "B": .go]) }
        story.deliver()
        #expect(client.hear() == ["stop A listed", "go A listed"])
    }

    @Test("keeps that everything was stopped, where that merged on the way")
    func mergedCondition() {
        let story = ServingTranscript()
        story.settle(["A": .go, "B": .pause])
        let client = watcher(story, "A", "B")
        let other = watcherOfAll(story)
        story.settleUnheard(.missing)
        story.settleUnheard(["A": .go, "B": .pause])
        story.deliver()
        let lines = ["stop A missing-file", "go A listed", "stop B missing-file", "pause B listed"]
        #expect(client.hear().sorted() == lines.sorted())
        #expect(other.hear() == lines)
    }

    @Test("of all, as much as they take, goes on where it stopped and ends at what holds")
    func pieces() {
        let story = ServingTranscript()
        story.settle(["A": .go, "B": .go, "C": .go])
        let client = watcherOfAll(story)
        story.settle(["A": .stop, "B": .stop, "C": .stop])
        #expect(client.hear(upTo: 1) == ["stop A listed"])
        story.settle(["A": .go, "B": .go, "C": .stop])
        #expect(client.hear(upTo: 1) == ["stop B listed", "go B listed"])
        #expect(client.hear(upTo: 1) == ["stop C listed"])
        // Levels: that of B, told already, may be told again.
        #expect(client.hear() == ["go A listed", "go B listed"])
        #expect(client.hear().isEmpty)
    }

    @Test("of all, where more has changed than is remembered by name, is all that has changed and what is gone")
    func manyChanges() {
        let story = ServingTranscript()
        func entries(_ status: WorkflowStatus, _ range: Range<Int>) -> [Entry] {
            [Entry(name: WorkflowName(validated: "Same"), status: .go)]
                + range.map { Entry(name: WorkflowName(validated: "W\($0)"), status: status) }
        }
        story.settle(entries(.go, 0..<3000))
        let client = watcherOfAll(story)
        story.settle(entries(.stop, 0..<3000))
        story.settle(entries(.go, 1000..<3000))
        var heard: [String] = []
        while case let lines = client.hear(), !lines.isEmpty { heard += lines }
        let gone = (0..<1000).map { "stop W\($0) unlisted" }
        let back = (1000..<3000).flatMap { ["stop W\($0) listed", "go W\($0) listed"] }
        // Compared by hand: what differs between two long lists takes minutes to find.
        let isAll = heard.sorted() == (gone + back).sorted()
        #expect(isAll, "\(heard.count) lines, \(Set(heard).subtracting(gone + back).prefix(5)) unexpected")
    }

    @Test("begins with the lapse, where the lease had run out before the source came back")
    func lapse() {
        let story = ServingTranscript(leaseMilliseconds: 1000)
        story.settle(["A": .go])
        let client = watcher(story, "A")
        let all = watcherOfAll(story)
        story.now = 999
        story.verify()
        #expect(client.hear().isEmpty)
        story.now = 2000
        story.verify()
        #expect(client.hear() == ["stop A stale", "go A listed"])
        #expect(all.hear() == ["stop A stale", "go A listed"])
        story.now = 3000
        story.note()
        #expect(client.hear() == ["stop A stale"])
        #expect(all.hear() == ["stop A stale"])
        #expect(story.registry.timeToLive(at: story.instant) == .zero)
    }

    @Test("after a lapse is what the source said meanwhile, once it is verified")
    func afterLapse() {
        let story = ServingTranscript(leaseMilliseconds: 1000)
        story.settle(["A": .go])
        let client = watcher(story, "A")
        story.now = 1500
        story.show(["A": .stop])
        #expect(client.hear() == ["stop A stale"])
        story.now = 1600
        story.settle(["A": .pause])
        #expect(client.hear() == ["pause A listed"])
    }

    @Test("is nothing once they have ended, and nothing is kept of the name")
    func ended() {
        let story = ServingTranscript()
        story.settle(["A": .go])
        let client = watcher(story, "A", "Ghost")
        client.say("watch")
        #expect(story.registry.watchers(of: WorkflowName(validated: "A")) == 1)
        let other = story.connect()
        #expect(other.say("list").map { $0.prefix { $0 != "\t" } } == ["go A", "stop Ghost", "end 2"])
        client.close()
        #expect(story.registry.watchers(of: WorkflowName(validated: "A")) == 0)
        #expect(other.say("list").map { $0.prefix { $0 != "\t" } } == ["go A", "end 1"])
        #expect(story.registry.subjectCount == 0)
        story.settle(["A": .stop])
        #expect(client.hear().isEmpty)
    }

    @Test("that a read was asked for comes when it is satisfied, in the order of asking")
    func syncs() {
        let story = ServingTranscript()
        story.settle(["A": .go])
        let (one, two) = (story.connect(), story.connect())
        #expect(one.say("sync").isEmpty)
        two.say("sync")
        one.say("sync")
        story.verify()
        #expect(one.hear().isEmpty)
        story.settle(["A": .stop], satisfied: 1)
        #expect(one.hear() == ["synced 2"])
        #expect(two.hear().isEmpty)
        story.verify(satisfied: 3)
        #expect(one.hear() == ["synced 2"])
        #expect(two.hear() == ["synced 2"])
    }
}
