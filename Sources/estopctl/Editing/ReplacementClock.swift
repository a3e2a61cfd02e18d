internal import Resilience
internal import Synchronization

/// Notes when a file was replaced: from then on it can be in force.
final class ReplacementClock: Sendable {
    private let noted = Mutex(ContinuousClock.now)

    /// The time of the last replacement, or of the beginning.
    var time: ContinuousClock.Instant { noted.withLock { $0 } }

    /// For ``DesiredFile/willStep``.
    @Sendable func note(_ step: String) {
        if step == "rename" { noted.withLock { $0 = .now } }
    }
}
