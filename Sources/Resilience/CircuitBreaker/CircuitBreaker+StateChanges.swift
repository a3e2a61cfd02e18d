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
