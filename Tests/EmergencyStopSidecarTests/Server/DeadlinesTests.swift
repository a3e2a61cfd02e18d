import EmergencyStopSidecar
import TestSupport
import Testing

@Suite("Deadlines")
struct DeadlinesTests {
    private let begin = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { begin + .milliseconds(milliseconds) }

    @Test("come when their time has come, the one due longest first, and once")
    func order() {
        var deadlines = Deadlines<String>()
        #expect(deadlines.next == nil)
        deadlines.set("late", to: at(30))
        deadlines.set("early", to: at(10))
        deadlines.set("middle", to: at(20))
        #expect(deadlines.next == at(10))
        let taken = [9, 25, 25, 25].map { deadlines.takeDue(at: at($0)) }
        #expect(taken == [nil, "early", "middle", nil])
        #expect(deadlines.next == at(30))
    }

    @Test("are moved when they are set again, and gone when they are set to never")
    func moved() {
        var deadlines = Deadlines<String>()
        deadlines.set("a", to: at(10))
        deadlines.set("b", to: at(20))
        deadlines.set("a", to: at(30))
        #expect(deadlines.next == at(20))
        deadlines.set("b", to: nil)
        deadlines.set("never set", to: nil)
        #expect(deadlines.next == at(30))
        let taken = deadlines.takeDue(at: at(30))
        #expect(taken == "a")
        #expect(deadlines.next == nil)
    }

    @Test("keep their order whatever is set and moved", arguments: 0..<20)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var deadlines = Deadlines<Int>()
        var expected: [Int: Int] = [:]
        for _ in 0..<500 {
            let purpose = Int.random(in: 0..<40, using: &generator)
            let time = Bool.random(using: &generator) ? Int.random(in: 0..<1000, using: &generator) : nil
            deadlines.set(purpose, to: time.map { at($0) })
            expected[purpose] = time
            #expect(deadlines.next == expected.values.min().map { at($0) })
        }
        var times: [Int] = []
        while let purpose = deadlines.takeDue(at: at(1000)) {
            times.append(expected.removeValue(forKey: purpose) ?? -1)
        }
        #expect(expected.isEmpty)
        #expect(times == times.sorted())
    }
}
