/// The first time of a sidecar's life, in which clients of an earlier one enter their runs again: until it is over, a
/// list of runs may lack some.
///
/// It begins when the sidecar begins to answer, for nothing is entered before, and only time counts in which the event
/// loop was seen at work: what came while it stood still lies unread, and may be an `enter`.
package struct ReentryPeriod: Sendable {
    /// It lasts at least so long, however short the lease is. That is twice the longest way back of a client: one that
    /// cannot be back within its own lease, of 10 s at most, is refused when it is made.
    package static let least = Duration.seconds(20)
    /// How often the event loop has to be looked at.
    package static let lookInterval = Duration.seconds(1)
    /// Looks that are further apart say nothing about the time between.
    private static let longestGap = Duration.seconds(5)

    package private(set) var isOver = false
    private let length: Duration
    private var end: ContinuousClock.Instant?
    private var lastLook: ContinuousClock.Instant?

    init(lease: Duration) {
        length = max(Self.least, lease)
    }

    /// The event loop is at work, and answers.
    package mutating func look(at now: ContinuousClock.Instant) {
        guard !isOver else { return }
        defer { lastLook = now }
        guard let lastLook, let end, now - lastLook <= Self.longestGap else {
            end = now + length
            return
        }
        isOver = now >= end
    }
}
