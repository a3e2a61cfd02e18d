import Foundation
import Testing

/// Random stories of everything that may happen between a stop file and a workflow, told by the real decisions of all
/// sides; after each step the promises of the design are checked.
///
/// `SIMULATION_STEPS` sets how many steps are made, from a seed that is drawn anew; without it there are few, always from
/// the same seeds. `SIMULATION_SEED` replays one story. Tables are walked in an order
/// that Swift draws anew in each process unless `SWIFT_DETERMINISTIC_HASHING` is set: with it a story is the same each
/// time.
@Suite struct `Simulation` {
    private static let storyLength = 2_000

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

    @Test func `the promises hold after every step`() {
        let asked = Self.number("SIMULATION_STEPS")
        let steps = asked ?? 100_000
        var tally: [String: Int] = [:]
        var made = 0
        var seed = Self.number("SIMULATION_SEED") ?? (asked == nil ? 1 : Int.random(in: 1...1_000_000_000))
        repeat {
            let story = Action.story(UInt64(seed), Self.storyLength)
            let (step, world) = Self.tell(story)
            made += step
            tally.merge(world.tally, uniquingKeysWith: +)
            if let violation = world.violation {
                print("caught after \(made) steps: \(violation)")
                Issue.record(Comment(rawValue: Self.account(of: seed, violation, Array(story[..<step]))))
                return
            }
            seed += 1
        } while made < steps && Self.number("SIMULATION_SEED") == nil
        print(
            "\(made) steps: \(tally.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))"
        )
        // A simulation in which nothing goes proves nothing.
        if made >= 100_000 {
            for what in ["connections", "fleet", "lapses", "permissions", "reads", "restarts", "runs"] {
                #expect(tally[what, default: 0] > 5, "\(what)")
            }
        }
    }

    /// Tells a story up to its end, or to the first step after which a promise is broken.
    private static func tell(_ story: [Action]) -> (step: Int, world: World) {
        let world = World()
        for (step, action) in story.enumerated() {
            world.perform(action)
            if world.violation != nil { return (step + 1, world) }
        }
        return (story.count, world)
    }

    /// Says what went wrong, by a story as short as can be made.
    private static func account(of seed: Int, _ violation: String, _ story: [Action]) -> String {
        var story = story
        var length = story.count / 2
        while length > 0 {
            var start = 0
            while start < story.count {
                var shorter = story
                shorter.removeSubrange(start..<min(start + length, story.count))
                if tell(shorter).world.violation != nil { story = shorter } else { start += length }
            }
            length /= 2
        }
        let last = tell(story).world.violation ?? violation
        return """
            seed \(seed): \(violation)
            shrunk to \(story.count) steps, \(last):
            \(story.map { "    \($0)" }.joined(separator: "\n"))
            again: SWIFT_DETERMINISTIC_HASHING=1 SIMULATION_SEED=\(seed) swift test --filter SimulationTests
            """
    }
}
