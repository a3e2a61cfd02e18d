internal import EmergencyStop
internal import TestSupport
internal import Testing

/// Random lives of a file, judged by a second, naive account of what may settle: it keeps the whole history and
/// looks back through it.
@Suite("Settling, whatever happens")
struct SettlingPropertyTests {
    /// One thing that happened, as the naive account remembers it.
    private enum Past {
        case hint(ChangeHint)
        case begin(at: Int)
        case end(ReadObservation, at: Int)
    }

    @Test(
        "Nothing settles but what two reads saw, far enough apart, with nothing heard of the file in between",
        arguments: UInt64(1)...40)
    func neverTooEarly(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var story = SettlingTranscript()
        var history: [Past] = []
        var now = 0
        var settledCount = 0
        let contents: [ReadObservation] = [
            .file("A"), .file("B"), .file("A", inode: 2), .missing, .shifting("A"), .failed("Input/output error"),
        ]
        var present = contents[0]

        for _ in 0..<2000 {
            for _ in 0..<Int.random(in: 0...2, using: &generator) where Int.random(in: 0..<3, using: &generator) == 0 {
                let hint = ChangeHint.allCases.randomElement(using: &generator) ?? .done
                story.hear(hint)
                history.append(.hint(hint))
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                present = contents.randomElement(using: &generator) ?? present
            }
            // Mostly when the machine asks for it, sometimes early, sometimes after a freeze.
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: now += Int.random(in: 0...50, using: &generator)
            case 1: now += Int.random(in: 0...20_000, using: &generator)
            default: now = max(now, story.next.at)
            }
            _ = story.settling.beginRead(at: SettlingTranscript.zero + .milliseconds(now))
            history.append(.begin(at: now))
            if Int.random(in: 0..<8, using: &generator) == 0 {
                let hint = ChangeHint.allCases.randomElement(using: &generator) ?? .done
                story.hear(hint)
                history.append(.hint(hint))
            }
            now += Int.random(in: 0...30, using: &generator)
            let decision = story.settling.endRead(present, at: SettlingTranscript.zero + .milliseconds(now))
            history.append(.end(present, at: now))
            if decision.outcome == .settled {
                settledCount += 1
                #expect(Self.maySettle(history), "seed \(seed), after \(history.count) events")
            }
        }
        #expect(settledCount > 10, "a machine that settles nothing would pass")
    }

    /// Whether the last read in a history has an earlier one to be paired with.
    private static func maySettle(_ history: [Past]) -> Bool {
        guard case .end(let found, _)? = history.last else { return false }
        var start = 0
        var index = history.count - 2
        while index >= 0 {
            defer { index -= 1 }
            switch history[index] {
            case .hint(.done), .hint(.writing): return false
            case .hint: continue
            case .begin(let at): start = max(start, at)
            case .end(.failed, _): continue
            case .end(let earlier, let at):
                guard earlier == found else { return false }
                // The earlier read must not have been disturbed either while it ran.
                if start - at >= 100, !isDisturbed(history[..<index]) {
                    return true
                }
            }
        }
        return false
    }

    /// Whether a hint named the file during the read whose end follows this part of a history.
    private static func isDisturbed(_ history: ArraySlice<Past>) -> Bool {
        for past in history.reversed() {
            switch past {
            case .hint(.done), .hint(.writing): return true
            case .hint: continue
            case .begin, .end: return false
            }
        }
        return false
    }
}
