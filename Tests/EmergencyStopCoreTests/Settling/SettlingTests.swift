internal import EmergencyStopCore
internal import Testing

@Suite("Settling")
struct SettlingTests {
    typealias Next = SettlingTranscript.Next

    @Test("At start nothing was heard, so two reads a second apart settle")
    func start() {
        var story = SettlingTranscript()
        #expect(story.next == Next(at: 0, trigger: .start))
        #expect(story.read(.file("A"), at: 0) == .shown)
        #expect(story.next == Next(at: 1001, trigger: .settle))
        #expect(story.read(.file("A"), at: 1001) == .settled)
        #expect(story.next == Next(at: 11001, trigger: .poll))
        #expect(story.read(.file("A"), at: 11001) == .verified)
    }

    @Test("A file renamed over ours settles 100 ms after the end of the read that showed it")
    func renamedOver() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        #expect(story.next.trigger == .hint)
        #expect(story.read(.file("B"), at: 5000, until: 5003) == .shown)
        #expect(story.next == Next(at: 5103, trigger: .settle))
        #expect(story.read(.file("B"), at: 5103) == .settled)
    }

    @Test("A read that repeats too early confirms nothing and starts nothing anew")
    func repeatedEarly() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        #expect(story.read(.file("B"), at: 5100) == .shown)
        #expect(story.read(.file("B"), at: 5101) == .settled)
    }

    @Test("A writer that writes line by line and then closes settles only after the close")
    func lineByLine() {
        var story = SettlingTranscript.settled(on: .file("old"))
        for (line, text) in ["1", "12", "123"].enumerated() {
            story.hear(.writing)
            #expect(story.read(.file(text), at: 5000 + line * 50) == .shown)
            #expect(story.next == Next(at: 10001 + line * 50, trigger: .settle))
        }
        story.hear(.writing, .closed)
        #expect(story.read(.file("1234"), at: 5200) == .shown)
        #expect(story.next == Next(at: 5301, trigger: .settle))
        #expect(story.read(.file("1234"), at: 5301) == .settled)
    }

    @Test("A close that adds nothing starts the shorter interval from the look it causes")
    func closedAfterLastWrite() {
        var story = SettlingTranscript.settled(on: .file("old"))
        story.hear(.writing)
        story.read(.file("new"), at: 5000)
        story.hear(.closed)
        #expect(story.next == Next(at: 5002, trigger: .hint))
        #expect(story.read(.file("new"), at: 5002) == .shown)
        #expect(story.read(.file("new"), at: 5103) == .settled)
    }

    @Test("A writer that truncates and writes once never settles as empty")
    func truncateAndWrite() {
        var story = SettlingTranscript.settled(on: .file("old"))
        story.hear(.writing)
        #expect(story.read(.file(""), at: 5000) == .shown)
        story.hear(.writing, .closed)
        #expect(story.read(.file("new"), at: 5010) == .shown)
        #expect(story.read(.file("new"), at: 5111) == .settled)
    }

    @Test("truncate(2) tells of no close, so it waits as long as for a writer")
    func truncatedOnly() {
        var story = SettlingTranscript.settled(on: .file("old"))
        story.hear(.writing)
        story.read(.file(""), at: 5000)
        #expect(story.next == Next(at: 10001, trigger: .settle))
        #expect(story.read(.file(""), at: 10001) == .settled)
        #expect(story.read(.file("silent change"), at: 15000) == .shown)
        #expect(story.next == Next(at: 16001, trigger: .settle))
    }

    @Test("An unchanged file settles although a writer said it had begun, but only after five seconds")
    func slowWriter() {
        var story = SettlingTranscript.settled(on: .file("old"))
        story.hear(.writing)
        story.read(.file("half"), at: 5000)
        story.hear(.writing)
        #expect(story.read(.file("half"), at: 9999) == .shown)
        #expect(story.read(.file("half"), at: 10001) == .shown)
        #expect(story.read(.file("half"), at: 15000) == .settled)
    }

    @Test("The swap of a Kubernetes volume is done when its link has moved")
    func kubernetes() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.neighbour, .neighbour, .neighbour, .replaced)
        #expect(story.read(.file("B"), at: 5000) == .shown)
        #expect(story.read(.file("B"), at: 5101) == .settled)
    }

    @Test("An editor that moves the file to a backup and writes a new one stops nothing for good")
    func editorWithBackup() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        #expect(story.read(.missing, at: 5000) == .shown)
        story.hear(.writing)
        #expect(story.read(.file(""), at: 5005) == .shown)
        story.hear(.writing, .closed)
        #expect(story.read(.file("B"), at: 5010) == .shown)
        story.hear(.replaced)
        #expect(story.read(.file("B"), at: 5020) == .shown)
        #expect(story.read(.file("B"), at: 5121) == .settled)
    }

    @Test("While two writers take turns nothing settles, and after both the last one does")
    func twoWriters() {
        var story = SettlingTranscript.settled(on: .file("A"))
        for turn in 0..<20 {
            story.hear(.writing, .closed)
            #expect(story.read(.file(turn.isMultiple(of: 2) ? "B" : "C"), at: 5000 + turn * 60) == .shown)
        }
        #expect(story.read(.file("C"), at: 5000 + 19 * 60 + 101) == .settled)
    }

    @Test("One writer's close does not speak for another that goes on writing")
    func overlappingWriters() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.writing, .closed, .writing)
        story.read(.file("B"), at: 5000)
        #expect(story.next == Next(at: 10001, trigger: .settle))
    }

    @Test(
        "chmod, in a loop, and a file that is replaced by the same, neither delay nor prevent settling",
        arguments: [ChangeHint.attributes, .replaced])
    func storm(hint: ChangeHint) {
        var story = SettlingTranscript.settled(on: .file("A"))
        for round in 0..<10 {
            story.hear(hint)
            #expect(story.read(.file("A"), at: 2000 + round * 10) == .verified)
        }
        story.hear(.replaced)
        #expect(story.read(.file("B"), at: 3000) == .shown)
        for round in 1...10 {
            story.hear(hint)
            #expect(story.read(.file("B"), at: 3000 + round * 10) == .shown)
        }
        story.hear(hint)
        #expect(story.read(.file("B"), at: 3101, during: [hint]) == .settled)
    }

    @Test("A file that is opened for writing in a loop, and not written, settles: moved there, at once")
    func openStorm() {
        var story = SettlingTranscript.settled(on: .file("A"))
        for round in 0..<10 {
            story.hear(.closed)
            #expect(story.read(.file("A"), at: 2000 + round * 10) == .verified)
        }
        story.hear(.replaced, .closed)
        #expect(story.read(.file("B"), at: 3000) == .shown)
        story.hear(.closed)
        #expect(story.read(.file("B"), at: 3101) == .settled)
    }

    @Test(
        "Where somebody closes the file who has not written it, a close does not say that the writer is done",
        arguments: [true, false])
    func idleCloser(isHeardBefore: Bool) {
        var story = SettlingTranscript.settled(on: .file("old"))
        if isHeardBefore { story.hear(.closed) }
        story.hear(.writing, .closed)
        #expect(story.read(.file("half"), at: 5000) == .shown)
        story.hear(.closed)
        #expect(story.read(.file("half"), at: 5050) == .shown)
        for time in stride(from: 5100, through: 9900, by: 100) {
            story.hear(.closed)
            #expect(story.read(.file("half"), at: time) == .shown)
        }
        story.hear(.writing, .closed)
        #expect(story.read(.file("whole"), at: 9950) == .shown)
        for time in stride(from: 10_050, through: 14_950, by: 100) {
            story.hear(.closed)
            #expect(story.read(.file("whole"), at: time) == .shown)
        }
        #expect(story.read(.file("whole"), at: 14_951) == .settled)
        // From then on a close is the writer's again.
        story.hear(.writing, .closed)
        #expect(story.read(.file("new"), at: 20_000) == .shown)
        #expect(story.read(.file("new"), at: 20_101) == .settled)
    }

    @Test("chmod says nothing of a writer: it is still waited for")
    func chmodWhileWriting() {
        var story = SettlingTranscript.settled(on: .file("old"))
        story.hear(.writing)
        story.read(.file("half"), at: 5000)
        for time in stride(from: 5050, through: 10_000, by: 50) {
            story.hear(.attributes)
            #expect(story.read(.file("half"), at: time) == .shown)
        }
        #expect(story.read(.file("half"), at: 10_001) == .settled)
    }

    @Test("A file that is written again and again by the same bytes settles, but only after five seconds")
    func sameBytesWritten() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        for time in stride(from: 5020, to: 10_001, by: 20) {
            story.hear(.writing, .closed)
            #expect(story.read(.file("B"), at: time) == .shown)
        }
        story.hear(.writing)
        #expect(story.read(.file("B"), at: 10_001) == .shown, "it is being written")
        story.hear(.closed)
        #expect(story.read(.file("B"), at: 10_010, during: [.writing, .closed]) == .shown)
        story.hear(.writing, .closed)
        #expect(story.read(.file("B"), at: 10_021) == .settled)
    }

    @Test("A writer that never closes is waited for from its last write on, also where that changed no byte")
    func sameBytesWrittenOpenly() {
        var story = SettlingTranscript.settled(on: .file("A"))
        for time in stride(from: 5000, to: 15_000, by: 1000) {
            story.hear(.writing)
            #expect(story.read(.file("half"), at: time) == .shown)
        }
        #expect(story.next == Next(at: 19_001, trigger: .settle))
        #expect(story.read(.file("half"), at: 19_001) == .settled)
    }

    @Test("A file that flaps a hundred times a second shows each content, and verifies only the settled one")
    func flapping() {
        var story = SettlingTranscript.settled(on: .file("go"))
        for turn in 0..<100 {
            story.hear(.replaced)
            let stop = turn.isMultiple(of: 2)
            let outcome = story.read(.file(stop ? "stop" : "go"), at: 2000 + turn * 10)
            #expect(outcome == (stop ? .shown : .verified))
        }
    }

    @Test("A neighbour's storm neither delays nor prevents settling")
    func neighbourStorm() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        for time in stride(from: 5011, to: 5101, by: 10) {
            story.hear(.neighbour)
            #expect(story.read(.file("B"), at: time) == .shown)
        }
        story.hear(.neighbour)
        #expect(story.read(.file("B"), at: 5101) == .settled)
    }

    @Test("An overflow makes a pair that was to settle in 100 ms wait a second, and not begin anew")
    func overflow() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        story.hear(.overflow)
        #expect(story.next.trigger == .hint)
        #expect(story.read(.file("B"), at: 5050) == .shown)
        #expect(story.read(.file("B"), at: 5150) == .shown)
        #expect(story.next == Next(at: 6001, trigger: .settle))
        #expect(story.read(.file("B"), at: 6001) == .settled)
    }

    @Test("Word that a writer was done counts for nothing after an overflow, word that it writes does")
    func overflowForgets() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced, .overflow)
        story.read(.file("B"), at: 5000)
        #expect(story.next == Next(at: 6001, trigger: .settle))
        story.hear(.writing, .overflow)
        story.read(.file("C"), at: 5500)
        #expect(story.next == Next(at: 10501, trigger: .settle))
    }

    @Test("A process that was frozen between two reads begins the pair anew")
    func frozen() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        #expect(story.read(.file("B"), at: 65000) == .shown)
        #expect(story.next == Next(at: 66001, trigger: .settle))
        story.hear(.writing)
        #expect(story.read(.file("B"), at: 65002) == .shown)
        #expect(story.next == Next(at: 70003, trigger: .settle))
    }

    @Test("A read that comes somewhat late settles all the same")
    func late() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        #expect(story.read(.file("B"), at: 6101) == .settled)
    }

    @Test("Absence settles as content does, and so does what appears after it")
    func absence() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        #expect(story.read(.missing, at: 5000) == .shown)
        #expect(story.read(.missing, at: 5101) == .settled)
        #expect(story.read(.missing, at: 15101) == .verified)
        story.hear(.replaced)
        #expect(story.read(.file("A"), at: 16000) == .shown)
        #expect(story.read(.file("A"), at: 16101) == .settled)
    }

    @Test("Missing and unreadable are different findings")
    func kindsOfAbsence() {
        var story = SettlingTranscript.settled(on: .missing)
        #expect(story.read(.absent(.unreadable("Permission denied")), at: 5000) == .shown)
        #expect(story.read(.absent(.unreadable("is a directory")), at: 6001) == .shown)
        #expect(story.read(.absent(.unreadable("is a directory")), at: 7002) == .settled)
    }

    @Test("The same bytes in another file are what has settled")
    func sameBytesInAnotherFile() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        #expect(story.read(.file("A"), at: 5000) == .verified)
        #expect(story.next.trigger == .poll)
    }

    @Test("Going back to what had settled verifies at once, and settles again by two reads")
    func thereAndBack() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        #expect(story.read(.file("B"), at: 5000) == .shown)
        story.hear(.replaced)
        #expect(story.read(.file("A"), at: 5050) == .verified)
        #expect(story.next == Next(at: 5151, trigger: .settle))
        #expect(story.read(.file("A"), at: 5100) == .verified)
        #expect(story.read(.file("A"), at: 5151) == .settled)
        #expect(story.read(.file("A"), at: 6000) == .verified)
    }

    @Test("A change that the poll found, and of which nobody told, takes a second")
    func silentChange() {
        var story = SettlingTranscript.settled(on: .file("A"))
        #expect(story.read(.file("B"), at: 11001) == .shown)
        #expect(story.next == Next(at: 12002, trigger: .settle))
    }

    @Test("Word of an earlier change does not explain a later one")
    func oldWord() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        story.hear(.neighbour)
        story.read(.file("B"), at: 5050)
        #expect(story.read(.file("C"), at: 5060) == .shown)
        #expect(story.next == Next(at: 6061, trigger: .settle))
    }

    @Test("A write during the first read of a pair counts as lying between the two")
    func writeDuringFirstRead() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.writing)
        story.read(.file("B"), at: 5000, during: [.writing, .closed])
        #expect(story.next == Next(at: 5002, trigger: .hint))
        #expect(story.read(.file("B"), at: 5101) == .shown)
        #expect(story.read(.file("B"), at: 5202) == .settled)
    }

    @Test("A write during the second read of a pair keeps it from settling")
    func hintDuringSecondRead() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        story.read(.file("B"), at: 5000)
        #expect(story.read(.file("B"), at: 5101, during: [.writing]) == .shown)
        #expect(story.next == Next(at: 5103, trigger: .hint))
    }

    @Test("A read under which the file changed is no half of a pair")
    func unstable() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        #expect(story.read(.shifting("B"), at: 5000) == .shown)
        #expect(story.next == Next(at: 5101, trigger: .settle))
        #expect(story.read(.file("B"), at: 5101) == .shown)
        #expect(story.read(.shifting("B"), at: 6102) == .shown)
        #expect(story.read(.shifting("B"), at: 6203) == .shown)
        #expect(story.read(.file("B"), at: 6304) == .shown)
        #expect(story.read(.file("B"), at: 7305) == .settled)
        #expect(story.read(.shifting("B"), at: 8000) == .shown)
    }

    @Test("A read that fails changes nothing and is tried again soon")
    func failed() {
        var story = SettlingTranscript.settled(on: .file("A"))
        story.hear(.replaced)
        #expect(story.read(.failed("Too many open files"), at: 5000) == .failed("Too many open files"))
        #expect(story.next == Next(at: 5251, trigger: .retry))
        #expect(story.read(.failed("Too many open files"), at: 5251) == .failed("Too many open files"))
        #expect(story.next == Next(at: 5502, trigger: .retry))
        #expect(story.read(.file("B"), at: 5502) == .shown)
        #expect(story.next == Next(at: 5603, trigger: .settle), "the word that caused the failed read still counts")
        #expect(story.read(.failed("Input/output error"), at: 5603) == .failed("Input/output error"))
        #expect(story.read(.file("B"), at: 5854) == .settled)
    }

    @Test("A first read that fails is tried again")
    func failedAtStart() {
        var story = SettlingTranscript()
        story.read(.failed("Stale file handle"), at: 0)
        #expect(story.next == Next(at: 251, trigger: .retry))
        #expect(story.read(.missing, at: 251) == .shown)
    }

    @Test("Every read puts off the poll")
    func poll() {
        var story = SettlingTranscript.settled(on: .file("A"))
        #expect(story.next == Next(at: 11001, trigger: .poll))
        story.hear(.neighbour)
        story.read(.file("A"), at: 7000)
        #expect(story.next == Next(at: 17000, trigger: .poll))
    }

    @Test("All times follow from one")
    func scaled() {
        let times = SettlingTimes(settle: .milliseconds(20))
        #expect(
            times == SettlingTimes(done: .milliseconds(20), quiet: .milliseconds(200), writing: .seconds(1)))
        #expect(SettlingTimes(settle: .milliseconds(100)) == SettlingTimes())
    }
}
