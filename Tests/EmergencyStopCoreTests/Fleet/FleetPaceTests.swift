import EmergencyStopCore
import Testing

/// When the fleet file is read, as a transcript.
struct FleetPaceTests {
    private let begin = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { begin + .milliseconds(milliseconds) }

    /// A pace that has read once, at 0, in no time.
    private func started(lease: Duration = .seconds(10)) -> FleetPace {
        var pace = FleetPace(lease: lease, startAt: begin)
        #expect(pace.nextRead.at == begin && pace.nextRead.trigger == .start)
        read(&pace, 0)
        return pace
    }

    private func read(_ pace: inout FleetPace, _ from: Int, to end: Int? = nil, review: Int? = nil) {
        _ = pace.beginRead(at: at(from))
        _ = pace.endRead(hasFailed: false, review: review.map(at), at: at(end ?? from))
    }

    private func expect(_ pace: FleetPace, _ trigger: ReadTrigger, at milliseconds: Int) {
        #expect(pace.nextRead.at == at(milliseconds) && pace.nextRead.trigger == trigger)
    }

    @Test func pollsFourTimesInALease() {
        var pace = started()
        expect(pace, .poll, at: 2_500)
        read(&pace, 2_600)
        expect(pace, .poll, at: 5_100)
    }

    @Test(arguments: [ChangeHint.replaced, .closed, .attributes, .writing, .overflow])
    func whatNamesTheFileIsLookedAtAtOnce(hint: ChangeHint) {
        var pace = started()
        pace.hear(hint, at: at(700))
        #expect(pace.nextRead.at <= at(700) && pace.nextRead.trigger == .hint)
        read(&pace, 700)
        expect(pace, .poll, at: 3_200)
    }

    @Test func neighboursAreLookedAtTogetherAndLater() {
        var pace = started()
        pace.hear(.neighbour, at: at(700))
        pace.hear(.neighbour, at: at(790))
        expect(pace, .hint, at: 800)
        // The file is replaced meanwhile, as a temporary file beside it announces: one read is enough.
        pace.hear(.replaced, at: at(750))
        #expect(pace.nextRead.at <= at(750))
        read(&pace, 750)
        expect(pace, .poll, at: 3_250)
    }

    @Test func whatIsHeardDuringAReadCausesAnother() {
        var pace = started()
        _ = pace.beginRead(at: at(100))
        pace.hear(.replaced, at: at(101))
        _ = pace.endRead(hasFailed: false, review: nil, at: at(110))
        // Not before it has rested for as long as the read took.
        expect(pace, .hint, at: 120)
    }

    @Test func aFailedReadIsTriedAgainAndSatisfiesNobody() {
        var pace = started()
        pace.request(ReadRequest(number: 1))
        #expect(pace.nextRead.trigger == .request)
        _ = pace.beginRead(at: at(100))
        #expect(pace.endRead(hasFailed: true, review: nil, at: at(100)) == .none)
        expect(pace, .retry, at: 350)
        _ = pace.beginRead(at: at(350))
        pace.request(ReadRequest(number: 2))
        // Only what was asked before it began.
        #expect(pace.endRead(hasFailed: false, review: nil, at: at(350)) == ReadRequest(number: 1))
        #expect(pace.nextRead.trigger == .request)
        _ = pace.beginRead(at: at(400))
        #expect(pace.endRead(hasFailed: false, review: nil, at: at(400)) == ReadRequest(number: 2))
        expect(pace, .poll, at: 2_900)
    }

    @Test func theEndOfALeaveIsNotWaitedForByThePoll() {
        var pace = started()
        read(&pace, 1_000, review: 1_700)
        expect(pace, .settle, at: 1_700)
        read(&pace, 1_700)
        expect(pace, .poll, at: 4_200)
        // One that lies further ahead does not put off the poll.
        read(&pace, 4_200, review: 60_000)
        expect(pace, .poll, at: 6_700)
    }
}
