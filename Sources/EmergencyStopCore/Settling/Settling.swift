/// The rule by which reads of a file that anyone may write at any time become something to believe.
///
/// What a read finds has **settled** when a second read finds the same bytes, long enough after the first, all reads
/// between them have found them too, and nobody was heard to write between the two. How long is enough depends on what
/// was heard last: see ``SettlingTimes``. Until then it is only **shown**: what it restrains holds at once, what it
/// allows does not. Only other bytes begin the wait anew: not the same ones in another file, nor another mode or time.
///
/// One who writes the same bytes again and again cannot keep them from settling, either, as long as he closes the file
/// in between: they settle once they have been there for as long as a silent writer is waited for.
///
/// A value without a clock. The reader's loop is: feed what was heard (``hear(_:)``, ``request(_:)``), wait until
/// ``nextRead`` is due or more is heard, ``beginRead(at:)``, read, ``endRead(_:at:)``, act on the decision, and
/// say when that was done (``finishHandling(at:)``). What is fed after a read began counts as having happened
/// after it, even if it happened before: that costs a look too many and never believes too early.
package struct Settling: Sendable {
    /// What a read made of the file.
    package enum Outcome: Sendable, Hashable {
        /// What was found is not settled, or not yet again.
        case shown
        /// What was found has settled.
        case settled
        /// What was found is what settled last.
        case verified
        /// Nothing was found out.
        case failed(String)
    }

    /// What follows from a read.
    package struct Decision: Sendable, Hashable {
        package var outcome: Outcome
        /// Every request up to this one is satisfied.
        package var satisfied: ReadRequest
    }

    /// When to read next, and why.
    package struct PlannedRead: Sendable, Hashable {
        /// May lie in the past: then the read is due.
        package var at: ContinuousClock.Instant
        package var trigger: ReadTrigger
    }

    /// What one read found, of which a second read must find the same.
    private struct Candidate {
        var observation: ReadObservation
        /// The end of the first read that found it.
        var foundAt: ContinuousClock.Instant
        /// The end of the read that may be the first of the pair.
        var end: ContinuousClock.Instant
        var delay: Duration
        /// Whether somebody was heard to write since that read began.
        var isDisturbed: Bool

        var due: ContinuousClock.Instant { end + delay }

        mutating func waitAtLeast(_ least: Duration) {
            delay = max(delay, least)
        }
    }

    private struct CompletedRead {
        var start: ContinuousClock.Instant
        /// When the process was free again.
        var end: ContinuousClock.Instant

        var cost: Duration { end - start }
    }

    private enum Look: Comparable {
        case none, neighbour, naming
    }

    /// How soon to try again after a read that did not take place.
    package static let retryInterval = Duration.milliseconds(250)
    /// Neighbours cause at most this many looks, one per so long.
    package static let neighbourInterval = Duration.milliseconds(10)

    private let times: SettlingTimes
    private let pollInterval: Duration
    private let startAt: ContinuousClock.Instant

    private var settled: ReadObservation?
    private var candidate: Candidate?
    private var heard = HeardHints()
    private var look = Look.none
    /// Whether somebody was heard to write since the last read began.
    private var isDisturbed = false

    private var begunAt: ContinuousClock.Instant?
    private var last: CompletedRead?
    private var retryAt: ContinuousClock.Instant?

    private var requested = ReadRequest.none
    /// The last request that came before the present read began.
    private var begun = ReadRequest.none
    private var satisfied = ReadRequest.none

    package init(times: SettlingTimes, pollInterval: Duration, startAt: ContinuousClock.Instant) {
        self.times = times
        self.pollInterval = pollInterval
        self.startAt = startAt
    }

    // MARK: What is heard

    /// Takes in a hint.
    package mutating func hear(_ hint: ChangeHint) {
        heard.hear(hint)
        switch hint {
        case .writing:
            look = .naming
            isDisturbed = true
            candidate?.isDisturbed = true
        case .replaced, .closed, .attributes:
            look = .naming
            let writing = times.writing
            if heard.isWriting { candidate?.waitAtLeast(writing) }
        case .neighbour:
            look = max(look, .neighbour)
        case .overflow:
            look = max(look, .neighbour)
            // The lost events may have named the file. Beginning anew would let a busy neighbour keep the file
            // from ever settling; waiting as if nothing had been heard does not.
            let quiet = times.quiet
            candidate?.waitAtLeast(quiet)
        }
    }

    /// Takes in a request for a read. Requests come in the order of their numbers; none is lost by skipping some.
    package mutating func request(_ request: ReadRequest) {
        requested = max(requested, request)
    }

    // MARK: When to read

    /// The next read to make as far as is known now.
    package var nextRead: PlannedRead {
        if let retryAt { return PlannedRead(at: retryAt, trigger: .retry) }
        guard let last else { return PlannedRead(at: startAt, trigger: .start) }
        var next = PlannedRead(at: last.start + pollInterval, trigger: .poll)
        func consider(_ at: ContinuousClock.Instant, _ trigger: ReadTrigger) {
            if at <= next.at { next = PlannedRead(at: at, trigger: trigger) }
        }
        if let candidate { consider(candidate.due, .settle) }
        // However fast events come, reading takes at most half of a processor, and a fifth for mere neighbours.
        switch look {
        case .none: break
        case .neighbour: consider(last.end + max(Self.neighbourInterval, last.cost * 4), .hint)
        case .naming: consider(last.end + last.cost, .hint)
        }
        if requested > begun { consider(last.end + last.cost, .request) }
        return next
    }

    /// Whether something waits to settle, so that the next read may be the one that settles it.
    package var isSettling: Bool { candidate != nil }

    // MARK: What is read

    /// A read begins; it sees all that was done to the file before the hints taken in so far.
    ///
    /// - Returns: what caused the read.
    package mutating func beginRead(at now: ContinuousClock.Instant) -> ReadTrigger {
        let trigger = nextRead.trigger
        begunAt = now
        begun = requested
        look = .none
        isDisturbed = false
        heard.beginRead()
        return trigger
    }

    /// The read that began has ended.
    package mutating func endRead(_ observation: ReadObservation, at now: ContinuousClock.Instant) -> Decision {
        let start = begunAt ?? now
        begunAt = nil
        if case .failed(let reason) = observation {
            retryAt = now + Self.retryInterval
            heard.readFailed()
            return Decision(outcome: .failed(reason), satisfied: satisfied)
        }
        retryAt = nil
        last = CompletedRead(start: start, end: now)

        let isVerified = observation == settled
        if candidate == nil, isVerified {
            satisfied = begun
            return Decision(outcome: .verified, satisfied: satisfied)
        }
        if settles(observation, from: start, to: now) {
            settled = observation
            candidate = nil
            heard.settled()
            satisfied = begun
            return Decision(outcome: .settled, satisfied: satisfied)
        }
        // What settled last is still there or there again. If something else was shown meanwhile, its restraints
        // hold until this has settled once more; to know that it is there needs no waiting.
        return Decision(outcome: isVerified ? .verified : .shown, satisfied: satisfied)
    }

    /// What followed from the last read has been done: what comes now is paced by how long all of it took.
    package mutating func finishHandling(at now: ContinuousClock.Instant) {
        last?.end = now
    }

    /// Whether an observation is the second of the pair that settles; if not, it may be the first.
    private mutating func settles(
        _ observation: ReadObservation, from start: ContinuousClock.Instant, to end: ContinuousClock.Instant
    ) -> Bool {
        guard var candidate, observation.isStable, observation == candidate.observation,
            !isLate(start, for: candidate)
        else {
            self.candidate = Candidate(
                observation: observation, foundAt: end, end: end,
                // An unstable read is no half of a pair, so there is nothing to wait for but the next look.
                delay: observation.isStable ? heard.delay(times) : times.done,
                isDisturbed: isDisturbed
            )
            return false
        }
        if !candidate.isDisturbed, start >= candidate.due { return true }
        // Written by the same bytes for so long, by somebody who is done.
        if !isDisturbed, !heard.isWriting, start >= candidate.foundAt + times.writing { return true }
        let delay = heard.delay(times)
        if candidate.isDisturbed || end + delay < candidate.due {
            candidate.end = end
            candidate.delay = delay
            candidate.isDisturbed = isDisturbed
        }
        self.candidate = candidate
        return false
    }

    /// Whether a read comes so late that the process must have stood still. Hints may then lie unread in the
    /// kernel, so that nothing is known about what happened in between, and the pair begins anew.
    private func isLate(_ start: ContinuousClock.Instant, for candidate: Candidate) -> Bool {
        start > candidate.due + times.quiet
    }
}

extension ReadObservation {
    /// Whether a read may be one of a pair that settles.
    fileprivate var isStable: Bool {
        switch self {
        case .content(_, let isStable): isStable
        case .absent: true
        case .failed: false
        }
    }
}

/// How far apart two equal reads have to be before what they found counts as settled.
package struct SettlingTimes: Sendable, Hashable {
    /// When the last thing heard says that the writer is done.
    package var done: Duration
    /// When nobody told of the change: at start, or when the poll found it.
    package var quiet: Duration
    /// When the last thing heard was a write, for then a writer may still have the file open.
    package var writing: Duration

    package init(
        done: Duration = .milliseconds(100),
        quiet: Duration = .seconds(1),
        writing: Duration = .seconds(5)
    ) {
        self.done = done
        self.quiet = quiet
        self.writing = writing
    }

    /// Sets all three by the shortest, in the proportions of the defaults.
    package init(settle: Duration) {
        self.init(done: settle, quiet: settle * 10, writing: settle * 50)
    }
}
