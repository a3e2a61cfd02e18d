import EmergencyStop
import EmergencyStopSidecar
import Testing

@Suite("What the registry tells watchers")
struct RegistryWatchTests {
    @Test("is what changed for them, and nothing else")
    func changes() {
        let story = RegistryTranscript()
        story.settle(["A": .go, "B": .go])
        let watcher = TestWatcher(story, "A", "Ghost")
        #expect(watcher.read().isEmpty)
        story.settle(["A": .go, "B": .stop])
        #expect(watcher.read().isEmpty)
        story.settle(["A": .pause, "B": .stop])
        #expect(watcher.read() == ["pause A listed"])
        story.settle(["A": .pause, "Ghost": .go])
        #expect(watcher.read() == ["go Ghost listed"])
        story.settle(.missing)
        #expect(watcher.read() == ["stop A missing-file", "stop Ghost missing-file"])
    }

    @Test("keeps a stop that came and went before they read, once")
    func stopBetween() {
        let story = RegistryTranscript()
        story.settle(["A": .go])
        let watcher = TestWatcher(story, "A")
        for status in [WorkflowStatus.stop, .go, .pause, .go] { story.settle(["A": status]) }
        #expect(watcher.read() == ["stop A listed", "go A listed"])
        #expect(watcher.read().isEmpty)
    }

    @Test("is a stop only once: who knows of it is not told again when it ends")
    func knownStop() {
        let story = RegistryTranscript()
        story.settle(["A": .go, "B": .stop])
        let watcher = TestWatcher(story, "A", "B")
        story.show(["A": .stop])
        #expect(watcher.read() == ["stop A listed"])
        // Revisions pass which are no news of A.
        story.settle(["A": .stop, "B": .stop, "C": .go])
        story.settle(["A": .stop, "B": .stop])
        #expect(watcher.read().isEmpty)
        story.settle(["A": .go, "B": .go])
        #expect(watcher.read() == ["go A listed", "go B listed"])
        story.settle(["A": .stop, "B": .go])
        story.settle(["A": .go, "B": .go])
        #expect(watcher.read() == ["stop A listed", "go A listed"])
    }

    @Test("keeps a stop that lies between what merged on the way")
    func mergedStop() {
        let story = RegistryTranscript()
        story.settle(["A": .go, "B": .go])
        let watcher = TestWatcher(story, "A", "B")
        for status in [WorkflowStatus.stop, .go] { story.settleUnheard(["A": status, "B": .go]) }
        story.deliver()
        #expect(watcher.read() == ["stop A listed", "go A listed"])
    }

    @Test("keeps that everything was stopped, where that merged on the way")
    func mergedCondition() {
        let story = RegistryTranscript()
        story.settle(["A": .go, "B": .pause])
        let watcher = TestWatcher(story, "A", "B")
        let other = TestWatcher(story)
        other.watchAll()
        story.settleUnheard(.missing)
        story.settleUnheard(["A": .go, "B": .pause])
        story.deliver()
        let lines = ["stop A missing-file", "go A listed", "stop B missing-file", "pause B listed"]
        #expect(watcher.read() == lines)
        #expect(other.read() == lines)
    }

    @Test("of all, as much as they take, goes on where it stopped and ends at what holds")
    func ledger() {
        let story = RegistryTranscript()
        story.settle(["A": .go, "B": .go, "C": .go])
        let watcher = TestWatcher(story)
        watcher.watchAll()
        story.settle(["A": .stop, "B": .stop, "C": .stop])
        #expect(watcher.read(upTo: 1) == ["stop A listed"])
        story.settle(["A": .go, "B": .go, "C": .stop])
        #expect(watcher.read(upTo: 1) == ["stop B listed", "go B listed"])
        #expect(watcher.read(upTo: 1) == ["stop C listed"])
        // Levels: that of B, told already, may be told again.
        #expect(watcher.read() == ["go A listed", "go B listed"])
        #expect(watcher.read().isEmpty)
    }

    @Test("begins with the lapse, where the lease had run out before the source came back")
    func lapse() {
        let story = RegistryTranscript(leaseMilliseconds: 1000)
        story.settle(["A": .go])
        let watcher = TestWatcher(story, "A")
        story.now = 999
        story.verify()
        #expect(watcher.read().isEmpty)
        story.now = 2000
        story.verify()
        #expect(watcher.read() == ["stop A stale", "go A listed"])
        story.now = 3000
        story.registry.note(story.instant, story.time)
        #expect(watcher.read() == ["stop A stale"])
        #expect(story.registry.timeToLive(at: story.instant) == .zero)
    }

    @Test("after a lapse is what the source said meanwhile, once it is verified")
    func afterLapse() {
        let story = RegistryTranscript(leaseMilliseconds: 1000)
        story.settle(["A": .go])
        let watcher = TestWatcher(story, "A")
        story.now = 1500
        story.show(["A": .stop])
        #expect(watcher.read() == ["stop A stale"])
        story.now = 1600
        story.settle(["A": .pause])
        #expect(watcher.read() == ["pause A listed"])
    }

    @Test("is nothing once they have ended, and nothing is kept of the name")
    func ended() {
        let story = RegistryTranscript()
        story.settle(["A": .go])
        let watcher = TestWatcher(story, "A", "Ghost")
        watcher.watchAll()
        #expect(story.registry.watchers(of: WorkflowName(validated: "A")) == 1)
        #expect(story.registry.namesWithoutEntry().map(\.text) == ["Ghost"])
        watcher.endWatches()
        #expect(story.registry.watchers(of: WorkflowName(validated: "A")) == 0)
        #expect(story.registry.namesWithoutEntry().isEmpty)
        story.settle(["A": .stop])
        #expect(watcher.read().isEmpty)
    }

    @Test("that read was asked for comes when it is satisfied, in the order of asking")
    func syncs() {
        let story = RegistryTranscript()
        story.settle(["A": .go])
        let one = TestWatcher(story)
        let two = TestWatcher(story)
        story.registry.await(ReadRequest(number: 1), one)
        story.registry.await(ReadRequest(number: 2), two)
        story.registry.await(ReadRequest(number: 2), one)
        story.verify()
        #expect(one.synced.isEmpty)
        story.settle(["A": .stop], satisfied: 1)
        #expect(one.synced == [story.registry.revision])
        #expect(two.synced.isEmpty)
        story.verify(satisfied: 2)
        #expect(one.synced.count == 2)
        #expect(two.synced == [story.registry.revision])
    }
}
