/// What one connection may do before the others have their turn: so much output, or so many requests, whichever is
/// first.
///
/// A request that is answered by a line costs little. One that makes the sidecar walk or ask the kernel costs as much
/// as several, and what such a walk writes comes in pieces, a turn each.
package struct Turn: Sendable {
    /// The most output of a turn, in bytes; the last line may go past it.
    package static let pieceSize = 32 << 10
    /// The most requests of a turn.
    package static let requestLimit = 64

    /// The most output of this turn.
    package let pieceSize: Int
    private var requestsLeft = requestLimit
    /// How often a walk may look at something without writing a line.
    private var stepsLeft = 4096

    package init(pieceSize: Int = Turn.pieceSize) {
        self.pieceSize = pieceSize
    }

    /// Whether another request may be handled, with so many bytes written.
    package func allowsRequest(written: Int) -> Bool {
        requestsLeft > 0 && written < pieceSize
    }

    /// A request has been handled that cost as much as so many simple ones.
    package mutating func note(cost: Int) {
        requestsLeft -= cost
    }

    /// Whether a walk may take another step, with so many bytes written.
    package mutating func allowsStep(written: Int) -> Bool {
        guard stepsLeft > 0, written < pieceSize else { return false }
        stepsLeft -= 1
        return true
    }
}
