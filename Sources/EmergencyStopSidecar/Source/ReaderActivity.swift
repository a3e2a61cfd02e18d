/// What the reader's thread does, and since when.
///
/// A thread that reads may be held up by a file system for as long as that likes, which a restart does not mend;
/// one that waits or handles for much longer than the poll interval is stuck.
package struct ReaderActivity: Sendable, Hashable {
    package enum Phase: Sendable, Hashable {
        /// It has not been started.
        case idle
        /// It waits for the next read's time.
        case waiting
        /// It is inside a call of the file system.
        case reading
        /// It parses what it read and tells about it.
        case handling
    }

    package var phase: Phase
    package var since: ContinuousClock.Instant

    package init(phase: Phase, since: ContinuousClock.Instant) {
        self.phase = phase
        self.since = since
    }

    /// Whether the thread has been at something for so long that it must be stuck, other than in a file system.
    package func isStuck(at now: ContinuousClock.Instant, patience: Duration) -> Bool {
        phase != .reading && now - since > patience
    }
}
