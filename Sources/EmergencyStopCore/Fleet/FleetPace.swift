/// When to read the fleet file.
///
/// It is replaced by one program of ours, as a whole and by renaming, so nothing in it has to settle: each read that is
/// well-formed counts, and a look is due whenever something is heard of the file, or at a quarter of the fleet's lease.
/// An event that was missed then costs a quarter of the lease, and no lapse.
///
/// A value without a clock, driven as ``Settling`` is.
package struct FleetPace: Sendable {
    /// How soon to look when something was heard that does not name the file: most often the file is about to be replaced.
    static let neighbourDelay = Duration.milliseconds(100)

    private let pollInterval: Duration
    private let retryInterval: Duration
    private let startAt: ContinuousClock.Instant
    private var begunAt: ContinuousClock.Instant?
    private var last: (start: ContinuousClock.Instant, end: ContinuousClock.Instant)?
    private var isNamed = false
    private var neighbourAt: ContinuousClock.Instant?
    private var retryAt: ContinuousClock.Instant?
    private var reviewAt: ContinuousClock.Instant?
    private var requested = ReadRequest.none
    private var begun = ReadRequest.none
    private var satisfied = ReadRequest.none

    package init(lease: Duration, startAt: ContinuousClock.Instant) {
        pollInterval = lease / 4
        retryInterval = min(Settling.retryInterval, pollInterval)
        self.startAt = startAt
    }

    package mutating func hear(_ hint: ChangeHint, at now: ContinuousClock.Instant) {
        guard hint == .neighbour else {
            // Also when events were lost: they may have named it.
            isNamed = true
            return
        }
        neighbourAt = neighbourAt ?? now + Self.neighbourDelay
    }

    /// Takes in a request for a read. Requests come in the order of their numbers; none is lost by skipping some.
    package mutating func request(_ request: ReadRequest) {
        requested = max(requested, request)
    }

    /// The next read to make as far as is known now.
    package var nextRead: Settling.PlannedRead {
        if let retryAt { return Settling.PlannedRead(at: retryAt, trigger: .retry) }
        guard let last else { return Settling.PlannedRead(at: startAt, trigger: .start) }
        var next = Settling.PlannedRead(at: last.start + pollInterval, trigger: .poll)
        func consider(_ at: ContinuousClock.Instant, _ trigger: ReadTrigger) {
            if at <= next.at { next = Settling.PlannedRead(at: at, trigger: trigger) }
        }
        if let reviewAt { consider(reviewAt, .settle) }
        // However fast events come, reading takes at most half of a processor.
        let rested = last.end + (last.end - last.start)
        if let neighbourAt { consider(max(neighbourAt, rested), .hint) }
        if isNamed { consider(rested, .hint) }
        if requested > begun { consider(rested, .request) }
        return next
    }

    /// A read begins; it sees all that was done to the file before the hints taken in so far.
    package mutating func beginRead(at now: ContinuousClock.Instant) -> ReadTrigger {
        let trigger = nextRead.trigger
        begunAt = now
        begun = requested
        isNamed = false
        neighbourAt = nil
        reviewAt = nil
        return trigger
    }

    /// The read that began has ended; gives the requests that are satisfied.
    ///
    /// - Parameters:
    ///   - hasFailed: Whether nothing was found out, so that it has to be tried again.
    ///   - review: When what was found has to be looked at again, where that is known.
    package mutating func endRead(
        hasFailed: Bool, review: ContinuousClock.Instant?, at now: ContinuousClock.Instant
    ) -> ReadRequest {
        last = (begunAt ?? now, now)
        reviewAt = review
        retryAt = hasFailed ? now + retryInterval : nil
        if !hasFailed { satisfied = begun }
        return satisfied
    }
}
