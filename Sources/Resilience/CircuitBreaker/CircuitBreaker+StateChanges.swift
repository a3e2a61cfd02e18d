extension CircuitBreaker {
    /// The changes of a breaker's state from the moment that this was asked for, in the order in which they happened.
    ///
    /// Each has its own buffer: a slow reader holds up neither the breaker nor other readers. One that falls more than
    /// 1,024 changes behind loses the oldest. It ends with the breaker, or when its task is cancelled.
    public struct StateChanges: AsyncSequence, Sendable {
        let stream: AsyncStream<StateChange>

        /// Reads the changes, one by one.
        public struct Iterator: AsyncIteratorProtocol {
            var base: AsyncStream<StateChange>.Iterator

            /// The next change, or nil when there will be none.
            public mutating func next() async -> StateChange? {
                await base.next()
            }

            /// The next change, or nil when there will be none.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> StateChange? {
                await base.next(isolation: actor)
            }
        }

        /// An iterator; several of one sequence share its buffer, so ask the breaker for a sequence each.
        public func makeAsyncIterator() -> Iterator {
            Iterator(base: stream.makeAsyncIterator())
        }
    }

    /// The changes of state from now on; every use is a stream of its own.
    ///
    /// Subscribed when this returns, so nothing is lost between asking and reading:
    ///
    /// ```swift
    /// for await change in breaker.stateChanges { log("\(change)") }
    /// ```
    public var stateChanges: StateChanges {
        let (stream, continuation) = AsyncStream.makeStream(
            of: StateChange.self, bufferingPolicy: .bufferingNewest(1_024))
        let id = shared.withLock { $0.add(continuation) }
        continuation.onTermination = { [weak self] _ in
            self?.shared.withLock { $0.removeStream(id) }
        }
        return StateChanges(stream: stream)
    }
}

extension CircuitBreaker {
    /// Where the breaker stands.
    public enum State: String, Sendable, Hashable, CustomStringConvertible {
        /// Calls pass.
        case closed
        /// Calls are rejected.
        case open
        /// A few calls pass, to find out whether things are well again.
        case halfOpen = "half-open"

        /// `closed`, `open` or `half-open`.
        public var description: String { rawValue }
    }
}

extension CircuitBreaker {
    /// One step from a state to another.
    public struct StateChange: Sendable, Hashable, CustomStringConvertible {
        /// The state that was left.
        public let from: State
        /// The state that was entered.
        public let to: State
        /// What had been counted when the state was left: why it was left, where counting was the reason.
        public let counts: Counts

        /// For instance `closed → open`.
        public var description: String { "\(from) → \(to)" }
    }
}
