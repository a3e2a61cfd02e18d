import EmergencyStopServing
import Testing

@Suite("A turn")
struct TurnTests {
    @Test("ends after so many simple requests, and sooner after costly ones")
    func requests() {
        var turn = Turn()
        var handled = 0
        while turn.allowsRequest(written: 0) {
            turn.note(cost: 1)
            handled += 1
        }
        #expect(handled == Turn.requestLimit)
        turn = Turn()
        for _ in 0..<4 {
            #expect(turn.allowsRequest(written: 0))
            turn.note(cost: 16)
        }
        #expect(!turn.allowsRequest(written: 0))
    }

    @Test("ends with a piece of output")
    func output() {
        var turn = Turn()
        #expect(turn.allowsRequest(written: Turn.pieceSize - 1))
        #expect(!turn.allowsRequest(written: Turn.pieceSize))
        let steps = [Turn.pieceSize - 1, Turn.pieceSize].map { turn.allowsStep(written: $0) }
        #expect(steps == [true, false])
    }

    @Test("ends also where a walk writes nothing")
    func steps() {
        var turn = Turn()
        var steps = 0
        while turn.allowsStep(written: 0), steps < 1_000_000 { steps += 1 }
        #expect(steps > 0 && steps < 100_000)
    }
}
