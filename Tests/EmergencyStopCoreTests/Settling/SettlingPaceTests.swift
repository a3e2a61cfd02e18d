internal import EmergencyStopCore
internal import Testing

@Suite("The pace of reading")
struct SettlingPaceTests {
    typealias Next = SettlingTranscript.Next

    @Test("The first hint after a rest is served at once")
    func atOnce() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        #expect(story.next.at < 5000)
    }

    @Test("A hint that names the file waits as long as the last read took")
    func naming() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.read(.file("A"), at: 5000, until: 5300)
        story.hear(.writing)
        #expect(story.next == Next(at: 5600, trigger: .hint))
    }

    @Test("A neighbour's hint waits four times as long as the last read took, and 10 ms at least")
    func neighbour() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.read(.file("A"), at: 5000, until: 5001)
        story.hear(.neighbour)
        #expect(story.next == Next(at: 5011, trigger: .hint))
        story.read(.file("A"), at: 6000, until: 6100)
        story.hear(.neighbour)
        #expect(story.next == Next(at: 6500, trigger: .hint))
        story.hear(.replaced)
        #expect(story.next == Next(at: 6200, trigger: .hint), "word of the file itself does not wait for a neighbour's")
    }

    @Test("What was done with the content counts as part of the read")
    func handling() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000, until: 5001)
        story.settling.finishHandling(at: SettlingTranscript.zero + .milliseconds(5050))
        story.hear(.replaced)
        #expect(story.next == Next(at: 5100, trigger: .hint))
    }

    @Test("Requests as fast as can be take half of the time")
    func requests() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.read(.file("A"), at: 5000, until: 5010)
        story.request(1)
        #expect(story.next == Next(at: 5020, trigger: .request))
    }

    @Test("A storm of a hundred thousand hints a second causes few reads")
    func storm() {
        var story = SettlingTranscript.settled(on: .file("A"))
        var now = 2000
        var reads = 0
        while now < 3000 {
            story.hear(.neighbour)
            now = max(now, story.next.at)
            story.read(.file("A"), at: now)
            reads += 1
        }
        #expect(reads <= 100)
    }

    @Test("A read whose time has passed is due, however long ago")
    func past() {
        var story = SettlingTranscript.settled(on: .file("A"))
        #expect(story.next == Next(at: 11001, trigger: .poll))
        #expect(story.read(.file("A"), at: 90_000) == .verified)
        #expect(story.next == Next(at: 100_000, trigger: .poll))
    }
}
