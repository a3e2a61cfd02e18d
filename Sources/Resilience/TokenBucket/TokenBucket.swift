/// Holds work to a rate: each piece takes a token, and tokens come back at an even pace.
///
/// ```swift
/// let bucket = TokenBucket(capacity: 5, refilling: 10, every: .seconds(60))
/// try await bucket.take()                   // waits its turn
/// if try bucket.tryTake() { reboot(machine) }   // never waits
/// ```
///
/// A bucket starts full. Waiters are served first come, first served: a token that somebody waits for is not to be had
/// by a later ``tryTake(_:)``. One bucket may serve any number of workflows, to hold their total to a rate.
///
/// **Concurrency.** Every method may be called from any thread or task. There is no timer and no task behind it: the
/// tokens are computed from the time when asked for, in whole numbers, so no rate drifts; a waiter sleeps on its own.
///
/// **Source.** The rules are those of golang.org/x/time/rate. <doc:TokenBucketArticle> lists where this differs.
public final class TokenBucket: Sendable {
    /// The most tokens it holds, and the most that can be taken at once.
    public let capacity: Int

    private let timeline: Timeline
    private let rules: Rules
    private let level: Level
    /// When the latest reservation falls due; its lock makes reserving and giving back one step each.
    private let latestDue = Guarded<Int128>(.min / 2)

    /// Creates a full bucket.
    ///
    /// - Parameters:
    ///   - capacity: The most tokens it holds; at least 1.
    ///   - tokens: How many tokens come back every `period`, evenly spread over it; at least 1.
    ///   - period: More than zero, whole nanoseconds.
    ///   - clock: What time is measured with; a test passes one that it moves by hand.
    /// - Precondition: The limits above; a bucket that lets nothing or everything through is a slip, not a setting.
    public init(
        capacity: Int, refilling tokens: Int, every period: Duration, clock: some Clock<Duration> = ContinuousClock()
    ) {
        precondition(capacity >= 1, "a token bucket needs a capacity of at least 1, not \(capacity)")
        precondition(tokens >= 1, "a token bucket needs at least 1 token per period, not \(tokens)")
        precondition(period >= .nanoseconds(1), "a token bucket needs a period of at least 1 ns, not \(period)")
        self.capacity = capacity
        timeline = Timeline(clock)
        rules = Rules(capacity: capacity, tokens: tokens, period: period.wholeNanoseconds)
        level = Level(rules, now: timeline.now)
    }

    /// Takes `count` tokens if they are there, and nothing if they are not. Never waits.
    ///
    /// - Parameter count: How many; taking 0 always succeeds.
    /// - Returns: Whether they were taken.
    /// - Throws: ``ExceedsCapacity`` when the bucket can never hold that many.
    public func tryTake(_ count: Int = 1) throws(ExceedsCapacity) -> Bool {
        try check(count)
        let now = timeline.now
        return level.update { rules.tryTake(count, from: &$0, at: now) }
    }

    /// Takes `count` tokens, waiting until it is this caller's turn and they are there.
    ///
    /// Cancelling the task ends the wait at once and gives the tokens back to those who come after; those who already
    /// wait keep the time that they were given, so nobody is ever put back.
    ///
    /// - Parameters:
    ///   - count: How many; taking 0 returns at once.
    ///   - limit: The longest acceptable wait; nil for any.
    /// - Throws: ``ExceedsCapacity`` when the bucket can never hold that many; ``WaitTooLong`` at once, not at the
    ///   end of the limit, when they would not be there in time; `CancellationError`, and then nothing was taken.
    public func take(_ count: Int = 1, within limit: Duration? = nil) async throws {
        try check(count)
        try Task.checkCancellation()
        let now = timeline.now
        let longest = limit?.positiveNanoseconds ?? .max
        let reservation: Rules.Reservation
        switch reserve(count, within: longest, at: now) {
        case .granted: return
        case .tooLong(let wait): throw WaitTooLong(wait: .nanoseconds(wait), limit: limit ?? .zero)
        case .reserved(let made): reservation = made
        }
        do {
            try await timeline.sleep(until: reservation.ready)
            try Task.checkCancellation()
        } catch {
            // At the latest as of when they were due: a cancelled waiter has not used them, however late it hears.
            let end = min(timeline.now, reservation.ready)
            giveBack(reservation, at: end)
            throw error
        }
    }

    private func reserve(_ count: Int, within longest: Int64, at now: Int64) -> Rules.Answer {
        latestDue.withLock { latestDue in
            let answer = level.update { rules.reserve(count, within: longest, from: &$0, at: now) }
            if case .reserved(let reservation) = answer { latestDue = reservation.due }
            return answer
        }
    }

    private func giveBack(_ reservation: Rules.Reservation, at now: Int64) {
        latestDue.withLock { latestDue in
            let before = latestDue
            latestDue = level.update { empty in
                var due = before
                rules.cancel(reservation, of: &empty, latestDue: &due, at: now)
                return due
            }
        }
    }

    private func check(_ count: Int) throws(ExceedsCapacity) {
        precondition(count >= 0, "cannot take \(count) tokens")
        if count > capacity { throw ExceedsCapacity(requested: count, capacity: capacity) }
    }
}
