import EmergencyStopCore
import EmergencyStopServing
import Testing

@Suite("A conversation")
struct SessionTests {
    private func story() -> ServingTranscript {
        let story = ServingTranscript()
        story.settle([
            Entry(name: WorkflowName(validated: "A"), status: .go),
            Entry(name: WorkflowName(validated: "B"), status: .stop, reason: "a\treason", by: "me", at: "now"),
        ])
        return story
    }

    @Test("of questions: each is answered by its line, also one that cannot be understood")
    func questions() {
        let client = story().connect()
        #expect(client.say("status A") == ["go A\tcause=listed"])
        #expect(client.say("status B\r") == ["stop B\tcause=listed\treason=a%09reason\tby=me\tat=now"])
        #expect(client.say("status Ghöst") == ["stop Ghöst\tcause=unlisted"])
        #expect(client.say("ping x\tfield=y") == ["pong x\tttl=20000"])
        #expect(client.say("unwatch A") == ["unwatched A"])
        #expect(client.say("").count == 1)
        #expect(client.say("stat%us A").first?.hasPrefix("error stat%25us A\texpected=one of ") == true)
        #expect(client.say("status") == ["error status\texpected=status NAME"])
        #expect(client.say("info") == ["info"])
    }

    @Test("about names asked for over and over: each answer says what holds then, whatever was answered before")
    func rememberedAnswers() {
        let story = story()
        let client = story.connect()
        let names = (0..<200).map { "workflow-\($0 % 10)-\($0)" } + ["", "A", "a", "AA", "W*"]
        func answers() -> [String] { names.map { client.say("status \($0)")[0] } }
        let before = answers()
        #expect(before == answers())
        #expect(before[0] == "stop workflow-0-0\tcause=unlisted")
        #expect(before[201] == "go A\tcause=listed")

        story.show(["*": .stop])
        #expect(answers()[201] == "stop A\tcause=pattern\tpattern=*")
        story.settle(["A": .go, "workflow-3-3": .pause])
        #expect(answers()[201] == "go A\tcause=listed")
        #expect(answers()[3] == "pause workflow-3-3\tcause=listed")
        #expect(answers()[13] == "stop workflow-3-13\tcause=unlisted")
        story.settle(.missing)
        #expect(answers()[201] == "stop A\tcause=missing-file")
        story.settle(["A": .go])
        #expect(answers()[201] == "go A\tcause=listed")
        // Without a word of the source the lease lapses.
        story.now += 20_001
        story.note()
        #expect(answers()[201] == "stop A\tcause=stale")
        story.verify()
        #expect(answers()[201] == "go A\tcause=listed")
    }

    @Test("with hello is told revisions, and when the name was last stopped")
    func revisions() {
        let story = story()
        let client = story.connect()
        let life = String(repeating: "0", count: 31) + "7"
        #expect(client.say("hello 1") == ["hello 1\tinstance=\(life)\tversion=test"])
        #expect(client.say("watch A") == ["go A\tcause=listed\trev=1\tstopped=0"])
        story.settle(["A": .stop])
        #expect(client.say("status A") == ["stop A\tcause=listed\trev=2\tstopped=2"])
        story.settle(["A": .go])
        #expect(client.say("status A") == ["go A\tcause=listed\trev=3\tstopped=2"])
        // What was to be told is still told, and is a level: it may have been answered before.
        #expect(client.hear() == ["stop A listed", "go A listed"])
    }

    @Test("with lists: of entries, with who watches and runs them, and of what has no entry")
    func lists() {
        let story = story()
        let client = story.connect()
        client.say("watch Ghost")
        client.say("enter A\trun=\(String(repeating: "a", count: 32))")
        #expect(
            client.say("list") == [
                "go A\tcause=listed\twatchers=1\truns=1",
                "stop B\tcause=listed\treason=a%09reason\tby=me\tat=now\twatchers=0\truns=0",
                "stop Ghost\tcause=unlisted\twatchers=1\truns=0",
                "end 3",
            ])
        #expect(client.say("watch").last == "watching 2")
        #expect(
            client.say("ps A") == [
                "run A\trun=\(String(repeating: "a", count: 32))\tpid=10\tuid=1000\tcomm=test"
                    + "\tsince=1970-01-01T00:00:00.000Z\tstatus=go\tlost=no",
                "end 1\tcomplete=no",
            ])
    }

    @Test("with the history, of which what is forgotten meanwhile is passed over")
    func history() {
        var limits = Limits()
        limits.history = 2
        let story = ServingTranscript(limits)
        for status in [WorkflowStatus.go, .stop, .go] { story.settle(["A": status]) }
        let client = story.connect()
        let lines = client.say("history")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("change A\t") && lines[0].contains("\told=go\tnew=stop\t"))
        #expect(lines[2] == "end 2")
    }

    @Test("has limits: of names, of reads that were asked for, and of both for all of a user's connections")
    func limits() {
        var limits = Limits()
        limits.watchesPerConnection = 2
        limits.watchesPerUser = 3
        limits.syncsPerUser = 65
        let story = ServingTranscript(limits)
        story.settle(["A": .go])
        let (client, other, stranger) = (story.connect(), story.connect(), story.connect(uid: 1001))
        for name in ["A", "B", "A"] { #expect(client.say("watch \(name)").first?.contains("\tcause=") == true) }
        #expect(
            client.say("watch C") == [
                "error watch C\texpected=at most 2 watched names; end some, or raise --max-watches"
            ])
        other.say("watch A")
        #expect(
            other.say("watch B") == [
                "error watch B\texpected=at most 3 watched names of user 1000; end some, or raise --max-watches-per-user"
            ])
        #expect(stranger.say("watch B") == ["stop B\tcause=unlisted"])
        client.say("unwatch B")
        #expect(other.say("watch B") == ["stop B\tcause=unlisted"])
        client.close()
        #expect(other.hear().isEmpty)

        let third = story.connect()
        for _ in 0..<64 { #expect(third.say("sync").isEmpty) }
        #expect(third.say("sync") == ["error sync\texpected=at most 64 unanswered sync requests"])
        #expect(other.say("sync").isEmpty)
        #expect(other.say("sync").first?.contains("65 unanswered sync requests of user 1000") == true)
        story.verify(satisfied: story.requested)
        #expect(third.hear().count == 64)
        #expect(other.say("sync").isEmpty)
    }

    @Test("of which the peer takes nothing more owes nothing")
    func abandoned() {
        let story = story()
        let client = story.connect()
        client.say("sync")
        #expect(!client.owesNothing)
        story.verify(satisfied: 1)
        let isOwed = client.session.isOwed(story.registry)
        #expect(isOwed)
        client.session.fallSilent()
        #expect(client.owesNothing)
    }
}
