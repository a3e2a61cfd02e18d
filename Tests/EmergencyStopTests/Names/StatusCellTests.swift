import EmergencyStopCore
import Testing

@testable import EmergencyStop

@Suite struct `The word of memory that a status is read from` {
    private var later: MonotonicInstant { MonotonicClock.now().advanced(by: .seconds(60)) }
    private var before: MonotonicInstant { MonotonicClock.now().advanced(by: .seconds(-1)) }

    @Test func `is stop before anything is written`() {
        let cell = StatusCell()
        #expect(cell.read() == .stop)
        #expect(!cell.isAnswered)
    }

    @Test func `is what was written, until the lease ends`() {
        let cell = StatusCell()
        for status in WorkflowStatus.allCases {
            #expect(cell.publish(status, until: later))
            #expect(cell.read() == status)
        }
        #expect(cell.publish(.go, until: before))
        #expect(cell.read() == .stop)
    }

    @Test func `once seen lapsed it cannot be extended, only stopped first`() {
        let cell = StatusCell()
        #expect(cell.publish(.go, until: before))
        #expect(cell.hasLapsed)
        #expect(!cell.publish(.go, until: later))
        #expect(cell.read() == .stop)
        #expect(cell.publish(.stop, until: before))
        #expect(cell.publish(.go, until: later))
        #expect(cell.read() == .go)
    }

    @Test func `a lapse that nobody saw does not keep it from being extended`() {
        let cell = StatusCell()
        #expect(cell.publish(.go, until: before))
        #expect(cell.publish(.go, until: later))
        #expect(cell.read() == .go)
    }

    @Test func `the end of a lease is exact, though the clock is coarse`() {
        let cell = StatusCell()
        for _ in 0..<100 {
            let end = MonotonicClock.now().advanced(by: .microseconds(200))
            _ = cell.publish(.stop, until: end)
            _ = cell.publish(.go, until: end)
            while true {
                let before = MonotonicClock.now()
                let status = cell.read()
                let after = MonotonicClock.now()
                if before >= end { #expect(status == .stop) }
                if after < end { #expect(status == .go) }
                if status == .stop { break }
            }
        }
    }

    @Test func `the coarse clock is never ahead, and never as late as is allowed for`() {
        for _ in 0..<10_000 {
            let before = MonotonicClock.now().nanoseconds
            let coarse = MonotonicClock.coarse()
            #expect(coarse <= MonotonicClock.now().nanoseconds)
            #expect(before - coarse < MonotonicClock.doubtful)
        }
    }
}
