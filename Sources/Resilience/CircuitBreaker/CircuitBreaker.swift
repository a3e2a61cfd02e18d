/// Keeps calls away from something that is failing, and lets a few through now and then to see whether it is well.
///
/// Closed, calls pass and are counted; once ``Settings/readyToTrip`` says so the breaker opens and rejects every call
/// for ``Settings/timeout``; then it is half-open, and admits ``Settings/maxRequests`` probes: one failure opens it
/// again, that many successes in a row close it.
///
/// ```swift
/// let breaker = CircuitBreaker()
/// let page = try await breaker.execute { try await fetch(url) }
/// ```
///
/// **Concurrency.** Every method may be called from any thread or task. Admission takes a lock for a few
/// nanoseconds and never suspends. No closure of yours is ever called, and no stream fed, while the lock is held: a
/// closure may call the breaker.
///
/// **Time.** Nothing runs in the background. What time changes (an interval or a timeout that ended) is noticed by the
/// next call of any method, as it is by the next call of gobreaker's.
///
/// **Source.** The rules are those of sony/gobreaker v2. <doc:CircuitBreakerArticle> lists where this differs.
public final class CircuitBreaker: Sendable {
    let settings: Settings
    let timeline: Timeline
    let shared: Guarded<Shared>

    /// Whether the counts of the closed state end with time. Where they do not, a closed breaker needs no clock.
    private let countsExpire: Bool

    /// Creates a closed breaker.
    ///
    /// - Parameters:
    ///   - settings: What trips it, and for how long.
    ///   - clock: What time is measured with; a test passes one that it moves by hand.
    public init(_ settings: Settings = .init(), clock: some Clock<Duration> = ContinuousClock()) {
        self.settings = settings
        timeline = Timeline(clock)
        let machine = StateMachine(settings, now: timeline.now)
        countsExpire = machine.countsExpire
        shared = Guarded(Shared(machine: machine))
    }

    deinit {
        // The last reference is gone, so nobody can subscribe any more; taking them out leaves nothing locked.
        let streams = shared.withLock { $0.removeAllStreams() }
        for stream in streams { stream.finish() }
    }

    /// The state as of now.
    public var state: State {
        observe { $0.state }
    }

    /// What was counted in the present state (and, where there is one, the present interval).
    public var counts: Counts {
        observe { $0.counts }
    }

    /// Asks for leave to make one call, for code that cannot be written as the body of
    /// ``execute(isolation:_:)``: say how it went through the permit.
    ///
    /// - Returns: A permit to be resolved exactly once. Letting it go unresolved is neutral and gives a half-open
    ///   breaker its place back.
    /// - Throws: ``Rejection`` while the breaker is open, or half-open with all its probes out.
    public func admit() throws(Rejection) -> Permit {
        Permit(breaker: self, generation: try begin())
    }

    /// Runs `body` if the breaker admits it, and counts how it ended.
    ///
    /// `body` runs on the caller's actor and may use what that actor owns.
    ///
    /// - Throws: ``Rejection``, in which case `body` was not called, or whatever `body` threw, as it threw it.
    ///   An ``Interruption``, such as `CancellationError`, counts as neutral, and so does what
    ///   ``Settings/isExcluded`` names.
    @inlinable
    public func execute<R>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> R
    ) async throws -> R {
        let generation = try begin()
        let result: R
        do {
            result = try await body()
        } catch {
            end(generation, settingsOutcome(of: error))
            throw error
        }
        end(generation, .success)
        return result
    }

    /// Runs `body` if the breaker admits it, and counts how it ended: the synchronous form.
    ///
    /// - Throws: ``Rejection``, in which case `body` was not called, or whatever `body` threw, as it threw it.
    @inlinable
    public func execute<R>(_ body: () throws -> R) throws -> R {
        let generation = try begin()
        let result: R
        do {
            result = try body()
        } catch {
            end(generation, settingsOutcome(of: error))
            throw error
        }
        end(generation, .success)
        return result
    }

    /// Opens the breaker by hand, whatever was counted. Calls under way no longer count.
    ///
    /// - Parameter duration: How long until it turns half-open; ``Settings/timeout`` by default. An open breaker
    ///   starts that time anew.
    public func trip(for duration: Duration? = nil) {
        let now = timeline.now
        change { $0.trip(for: duration?.positiveNanoseconds, at: now) }
    }

    /// Closes the breaker by hand and forgets what was counted. Calls under way no longer count.
    public func reset() {
        let now = timeline.now
        change { $0.reset(at: now) }
    }
}

// MARK: - Deciding under the lock, acting outside it

extension CircuitBreaker {
    /// The generation in which a call was admitted.
    @usableFromInline
    func begin() throws(Rejection) -> UInt64 {
        if !countsExpire, let generation = shared.withLock({ $0.machine.admitIfTimeless() }) {
            return generation
        }
        let now = timeline.now
        switch change({ $0.admit(at: now) }) {
        case .admitted(let generation): return generation
        case .rejected(let rejection): throw rejection
        }
    }

    /// Counts the outcome of a call that `begin()` admitted.
    @usableFromInline
    func end(_ generation: UInt64, _ outcome: Outcome) {
        if !countsExpire, outcome == .success,
            shared.withLock({ $0.machine.succeedIfTimeless(generation) })
        {
            return
        }
        let now = timeline.now
        guard let counts = change({ $0.settle(generation, outcome, at: now) }) else { return }
        // Asked without the lock, so that the closure may use the breaker. Whoever changed the breaker meanwhile
        // ended the generation, and with it what was asked.
        if settings.readyToTrip(counts) {
            change { $0.trip(ifStillIn: generation, at: now) }
        }
    }

    @usableFromInline
    func settingsOutcome(of error: any Error) -> Outcome {
        if error is any Interruption || settings.isExcluded(error) { return .neutral }
        return settings.countsAsSuccess(error) ? .success : .failure
    }

    private func observe<Value: Sendable>(_ read: (StateMachine) -> Value) -> Value {
        let now = timeline.now
        return change { machine in
            machine.advance(to: now)
            return read(machine)
        }
    }

    /// Lets the machine decide under the lock, then delivers the changes that came of it without.
    @discardableResult
    private func change<Value: Sendable>(_ decide: (inout StateMachine) -> Value) -> Value {
        let (value, hasNews) = shared.withLock { shared in
            (decide(&shared.machine), !shared.machine.news.isEmpty)
        }
        if hasNews { deliverNews() }
        return value
    }

    /// Feeds the streams in the order of the changes, with no lock held.
    ///
    /// One caller at a time delivers; what others decide meanwhile is delivered by that one, so that no stream ever
    /// sees two changes the wrong way round.
    private func deliverNews() {
        guard shared.withLock({ $0.beginDelivery() }) else { return }
        while let (changes, streams) = shared.withLock({ $0.nextDelivery() }) {
            for stream in streams {
                for change in changes { stream.yield(change) }
            }
        }
    }
}
