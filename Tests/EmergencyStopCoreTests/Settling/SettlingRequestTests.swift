internal import EmergencyStopCore
internal import Testing

@Suite("Requests for a read")
struct SettlingRequestTests {
    typealias Next = SettlingTranscript.Next

    @Test("A request while all is settled is satisfied by the read it causes")
    func whileSettled() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.request(1)
        #expect(story.next.trigger == .request)
        #expect(story.satisfied(.file("A"), at: 5000) == 1)
        #expect(story.next == Next(at: 15000, trigger: .poll))
    }

    @Test("Requests that wait together are satisfied together")
    func coalesced() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.request(1)
        story.request(2)
        story.request(3)
        #expect(story.satisfied(.file("A"), at: 5000) == 3)
        #expect(story.next.trigger == .poll)
    }

    @Test("A request that comes during a read is not satisfied by it and causes another")
    func duringRead() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.request(1)
        _ = story.settling.beginRead(at: SettlingTranscript.zero + .seconds(5))
        story.request(2)
        let decision = story.settling.endRead(.file("A"), at: SettlingTranscript.zero + .milliseconds(5001))
        #expect(decision.outcome == .verified)
        #expect(decision.satisfied == ReadRequest(number: 1))
        #expect(story.next == Next(at: 5002, trigger: .request))
        #expect(story.satisfied(.file("A"), at: 5002) == 2)
    }

    @Test("A request is satisfied by the settling of what it finds, not before")
    func findsChange() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.request(1)
        #expect(story.satisfied(.file("B"), at: 5000) == 0)
        #expect(story.next == Next(at: 6001, trigger: .settle))
        #expect(story.satisfied(.file("B"), at: 6001) == 1)
    }

    @Test("A request while something waits to settle reads at once, and is satisfied by the settling read")
    func whilePending() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        story.request(1)
        #expect(story.next == Next(at: 5002, trigger: .request))
        #expect(story.satisfied(.file("B"), at: 5002) == 0)
        #expect(story.satisfied(.file("B"), at: 5101) == 1)
    }

    @Test("A request while the old content is back is satisfied only once that has settled again")
    func whileBack() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        story.hear(.replaced)
        story.request(1)
        #expect(story.satisfied(.file("A"), at: 5050) == 0)
        #expect(story.satisfied(.file("A"), at: 5151) == 1)
    }

    @Test("A request during the settling read waits for the next read")
    func duringSettlingRead() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        _ = story.settling.beginRead(at: SettlingTranscript.zero + .milliseconds(5101))
        story.request(1)
        let decision = story.settling.endRead(.file("B"), at: SettlingTranscript.zero + .milliseconds(5102))
        #expect(decision.outcome == .settled)
        #expect(decision.satisfied == .none)
        #expect(story.next == Next(at: 5103, trigger: .request))
        #expect(story.satisfied(.file("B"), at: 5103) == 1)
    }

    @Test("A request is not satisfied by a read that fails, but by the one tried after it")
    func failedRead() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.request(1)
        #expect(story.satisfied(.failed("Too many open files"), at: 5000) == 0)
        #expect(story.next == Next(at: 5251, trigger: .retry))
        #expect(story.satisfied(.file("A"), at: 5251) == 1)
    }

    @Test("A request before the first read is satisfied by the first settling")
    func beforeStart() {
        var story = SettlingTranscript()
        story.request(1)
        #expect(story.satisfied(.file("A"), at: 0) == 0)
        #expect(story.next == Next(at: 1001, trigger: .settle))
        #expect(story.satisfied(.file("A"), at: 1001) == 1)
    }
}
