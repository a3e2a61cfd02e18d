internal import EmergencyStopCore
internal import Synchronization

/// A status and the end of its lease in one word of memory: written by the event loop, read by anybody, without a
/// lock, an allocation or a system call.
///
/// As one word holds both, no reader can pair a status with the lease of another. A reader compares the lease with the
/// clock *after* it has loaded the word, so it relies on no timer having fired: a process that was frozen and goes on
/// in the middle of a read still gets `stop`.
///
/// A reader that finds the lease ended marks the cell. What one has seen then holds for all: the event loop cannot
/// extend a marked cell, and has to tell everybody of the lapse first.
final class StatusCell: Sendable {
    /// Nanoseconds of the lease's end in the upper 62 bits, below them one of the codes.
    private let word: Atomic<Int64>

    private static let stop: Int64 = 0
    private static let pause: Int64 = 1
    private static let go: Int64 = 2
    private static let mask: Int64 = 3
    /// A reader has seen the lease ended.
    private static let lapsed: Int64 = 3
    /// Nothing has been told yet.
    private static let unanswered: Int64 = 7

    init() {
        word = Atomic(Self.unanswered)
    }

    /// The status that holds now.
    @inline(__always)
    func read() -> WorkflowStatus {
        while true {
            let seen = word.load(ordering: .acquiring)
            let code = seen & Self.mask
            guard code == Self.go || code == Self.pause else { return .stop }
            if MonotonicClock.isAhead(seen >> 2) { return code == Self.go ? .go : .pause }
            // If the event loop has just written something newer, that decides.
            if word.compareExchange(expected: seen, desired: Self.lapsed, ordering: .acquiringAndReleasing).exchanged {
                return .stop
            }
        }
    }

    /// Whether anything has been told yet.
    var isAnswered: Bool { word.load(ordering: .acquiring) != Self.unanswered }

    /// Whether a lease has ended that nobody has been told of yet.
    var hasLapsed: Bool {
        _ = read()
        return word.load(ordering: .acquiring) == Self.lapsed
    }

    /// Writes what holds from now on. Called by the event loop alone.
    ///
    /// - Returns: `false` if a reader has seen the lease ended: nothing was written, and the lapse has to be told.
    func publish(_ status: WorkflowStatus, until end: MonotonicInstant) -> Bool {
        let code: Int64
        switch status {
        case .stop:
            word.store(Self.stop, ordering: .releasing)
            return true
        case .pause: code = Self.pause
        case .go: code = Self.go
        }
        let seen = word.load(ordering: .relaxed)
        guard seen != Self.lapsed else { return false }
        let next = max(0, end.nanoseconds) << 2 | code
        // Only a reader's mark can come between.
        return word.compareExchange(expected: seen, desired: next, ordering: .acquiringAndReleasing).exchanged
    }
}
