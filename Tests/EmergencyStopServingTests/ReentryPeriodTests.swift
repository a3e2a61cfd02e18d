import EmergencyStopServing
import Testing

@Suite("The time in which runs are entered again")
struct ReentryPeriodTests {
    private let start = ContinuousClock.now

    /// A period whose event loop has been looked at each second for so long.
    private func period(lease: Duration, looked seconds: Int) -> ReentryPeriod {
        let transcript = ServingTranscript(leaseMilliseconds: Int(lease / .milliseconds(1)))
        for second in 0...seconds { transcript.registry.reentry.look(at: start + .seconds(second)) }
        return transcript.registry.reentry
    }

    @Test(
        "is 20 s, and a lease where that is longer", arguments: [(0.2, 20), (2, 20), (20, 20), (21, 21), (1200, 1200)]
    )
    func length(lease: Double, seconds: Int) {
        #expect(!period(lease: .seconds(lease), looked: seconds - 1).isOver)
        #expect(period(lease: .seconds(lease), looked: seconds).isOver)
    }

    @Test("has not begun before the sidecar answers")
    func notBegun() {
        var period = ServingTranscript().registry.reentry
        #expect(!period.isOver)
        period.look(at: start + .seconds(60))
        #expect(!period.isOver)
    }

    @Test("begins anew after the event loop stood still, also where the clock says that it is over")
    func freeze() {
        var period = period(lease: .seconds(20), looked: 19)
        period.look(at: start + .seconds(60))
        #expect(!period.isOver)
        for second in 61...79 { period.look(at: start + .seconds(second)) }
        #expect(!period.isOver)
        period.look(at: start + .seconds(80))
        #expect(period.isOver)
    }

    @Test("does not come back once it is over: who had to enter has")
    func over() {
        var period = period(lease: .seconds(20), looked: 20)
        period.look(at: start + .seconds(600))
        #expect(period.isOver)
    }

    @Test("goes on where a turn of the loop takes long")
    func slowTurn() {
        var period = period(lease: .seconds(20), looked: 10)
        for second in stride(from: 14, through: 20, by: 3) { period.look(at: start + .seconds(second)) }
        #expect(period.isOver)
    }
}
