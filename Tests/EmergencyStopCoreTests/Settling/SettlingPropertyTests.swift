internal import EmergencyStopCore
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
        "Nothing settles but what two reads and all between them saw, far enough apart, with no writer in between",
        arguments: UInt64(1)...40)
    func neverTooEarly(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var story = SettlingTranscript()
        var history: [Past] = []
        var now = 0
        var settledCount = 0
        let contents: [ReadObservation] = [
            .file("A"), .file("B"), .file("A"), .missing, .shifting("A"), .failed("Input/output error"),
        ]
        var present = contents[0]

        for _ in 0..<2000 {
            for _ in 0..<Int.random(in: 0...2, using: &generator) where Int.random(in: 0..<3, using: &generator) == 0 {
                let hint = ChangeHint.allCases.randomElement(using: &generator) ?? .closed
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
                let hint = ChangeHint.allCases.randomElement(using: &generator) ?? .closed
                story.hear(hint)
                history.append(.hint(hint))
            }
            now += Int.random(in: 0...30, using: &generator)
            let decision = story.settling.endRead(present, at: SettlingTranscript.zero + .milliseconds(now))
            history.append(.end(present, at: now))
            if decision.outcome == .settled {
                settledCount += 1
                #expect(Self.maySettle(history), "seed \(seed), after \(history.count) events")
                // Who wrote before has been waited for.
                history = []
            }
        }
        #expect(settledCount > 10, "a machine that settles nothing would pass")
    }

    /// Whether the last read in a history since something settled has an earlier one to be paired with.
    private static func maySettle(_ history: [Past]) -> Bool {
        guard case .end(let found, _)? = history.last else { return false }
        let isWriting = isWriting(history)
        var start: Int?
        var wasWritten = false
        var wasWrittenDuringLastRead = false
        for index in history.indices.dropLast().reversed() {
            switch history[index] {
            case .hint(.writing): wasWritten = true
            case .hint, .end(.failed, _): continue
            case .begin(let at):
                guard start == nil else { continue }
                start = at
                wasWrittenDuringLastRead = wasWritten
            case .end(let earlier, let at):
                guard let start, earlier == found else { return false }
                let isDisturbed = wasWritten || wasWrittenDuringRead(history[..<index])
                if start - at >= (isWriting ? 5000 : 100), !isDisturbed { return true }
                if start - at >= 5000, !isWriting, !wasWrittenDuringLastRead { return true }
            }
        }
        return false
    }

    /// Whether somebody was heard to write during the read whose end follows this part of a history.
    private static func wasWrittenDuringRead(_ history: ArraySlice<Past>) -> Bool {
        for past in history.reversed() {
            switch past {
            case .hint(.writing): return true
            case .hint: continue
            case .begin, .end: return false
            }
        }
        return false
    }

    /// Whether somebody may be writing at the end of a history: what was written was not closed since, or by somebody
    /// who may not be the one who wrote.
    private static func isWriting(_ history: [Past]) -> Bool {
        let hints = history.compactMap { past in
            if case .hint(let hint) = past { hint } else { nil }
        }
        let lifetime = hints.reversed().prefix { $0 != .replaced }.reversed()
        guard lifetime.contains(.writing) else { return false }
        var isOpen = false
        var closes = true
        for hint in hints {
            switch hint {
            case .writing: isOpen = true
            case .replaced: isOpen = false
            case .closed where isOpen: isOpen = false
            // Of two closes in a row one is not a writer's.
            case .closed: closes = false
            default: continue
            }
        }
        return isOpen || !closes
    }
}
