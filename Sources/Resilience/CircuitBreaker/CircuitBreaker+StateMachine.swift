extension CircuitBreaker {
    /// The breaker's rules as a value: events and the time go in, decisions come out. It reads no clock and calls
    /// nobody. Times are nanoseconds on the breaker's timeline.
    ///
    /// A *generation* lasts from one clearing of the counts to the next. A call belongs to the generation that
    /// admitted it, and its outcome counts in no other.
    struct StateMachine: Sendable {
        private(set) var state = State.closed
        private(set) var counts = Counts()
        private(set) var generation: UInt64 = 1
        /// Changes that nobody has been told of yet.
        private(set) var news: [StateChange] = []

        private let maxRequests: Int
        private let interval: Int64
        private let timeout: Int64
        /// When the interval (closed) or the timeout (open) ends.
        private var expiry: Int64
        /// When the latest half-open probe was admitted.
        private var latestProbe: Int64 = 0

        init(_ settings: Settings, now: Int64) {
            maxRequests = max(1, settings.maxRequests)
            interval = settings.interval.positiveNanoseconds
            timeout = settings.timeout > .zero ? max(1, settings.timeout.wholeNanoseconds) : 60_000_000_000
            expiry = interval > 0 ? now.addingSaturated(interval) : .max
        }

        var countsExpire: Bool { interval > 0 }

        /// Notices what time alone changes.
        mutating func advance(to now: Int64) {
            guard now >= expiry else { return }
            switch state {
            case .closed: beginGeneration(at: now)
            case .open: enter(.halfOpen, at: now)
            case .halfOpen: break
            }
        }

        mutating func takeNews() -> [StateChange] {
            defer { news = [] }
            return news
        }
    }
}

// MARK: - Calls

extension CircuitBreaker.StateMachine {
    enum Admission: Sendable, Equatable {
        case admitted(UInt64)
        case rejected(CircuitBreaker.Rejection)
    }

    /// Admits a call when the time makes no difference to that; nil when it does and must be told.
    mutating func admitIfTimeless() -> UInt64? {
        guard state == .closed, !countsExpire else { return nil }
        counts.requests &+= 1
        return generation
    }

    /// Counts a success when the time makes no difference to that; false when it does and must be told.
    mutating func succeedIfTimeless(_ call: UInt64) -> Bool {
        guard state == .closed, !countsExpire else { return false }
        if call == generation { counts.recordSuccess() }
        return true
    }

    mutating func admit(at now: Int64) -> Admission {
        advance(to: now)
        switch state {
        case .closed:
            break
        case .open:
            return .rejected(.init(state: .open, retryAfter: .nanoseconds(max(0, expiry - now))))
        case .halfOpen:
            if counts.requests - counts.excluded >= maxRequests {
                // Probes that have been out for a whole timeout are given up for hung: their places go to new ones,
                // and should they still return, their generation is past. Without this one hung call would keep the
                // breaker half-open, and everybody out, for ever.
                guard now >= latestProbe.addingSaturated(timeout) else {
                    return .rejected(.init(state: .halfOpen, retryAfter: .zero))
                }
                beginGeneration(at: now)
            }
            latestProbe = now
        }
        counts.requests &+= 1
        return .admitted(generation)
    }

    /// Counts the outcome of a call.
    ///
    /// - Returns: The counts, when they must now be shown to `readyToTrip`.
    mutating func settle(_ call: UInt64, _ outcome: CircuitBreaker.Outcome, at now: Int64) -> CircuitBreaker.Counts? {
        advance(to: now)
        guard call == generation else { return nil }
        switch outcome {
        case .neutral:
            counts.excluded &+= 1
        case .success:
            counts.recordSuccess()
            if state == .halfOpen, counts.consecutiveSuccesses >= maxRequests { enter(.closed, at: now) }
        case .failure:
            counts.recordFailure()
            if state == .halfOpen { enter(.open, at: now) } else { return counts }
        }
        return nil
    }

    /// Opens the breaker, if nothing has changed since `readyToTrip` was shown the counts.
    mutating func trip(ifStillIn call: UInt64, at now: Int64) {
        if call == generation, state == .closed { enter(.open, at: now) }
    }
}

// MARK: - By hand, and the transitions

extension CircuitBreaker.StateMachine {
    mutating func trip(for duration: Int64?, at now: Int64) {
        advance(to: now)
        enter(.open, at: now)
        if let duration { expiry = now.addingSaturated(duration) }
    }

    mutating func reset(at now: Int64) {
        advance(to: now)
        enter(.closed, at: now)
    }

    private mutating func enter(_ next: CircuitBreaker.State, at now: Int64) {
        if next != state { news.append(.init(from: state, to: next, counts: counts)) }
        state = next
        beginGeneration(at: now)
    }

    private mutating func beginGeneration(at now: Int64) {
        generation &+= 1
        counts = .init()
        expiry =
            switch state {
            case .closed: interval > 0 ? now.addingSaturated(interval) : .max
            case .open: now.addingSaturated(timeout)
            case .halfOpen: .max
            }
    }
}
