extension CircuitBreaker {
    /// What the breaker's lock guards: the machine, and who is told of its changes.
    struct Shared: Sendable {
        var machine: StateMachine
        private var streams: [Int: AsyncStream<StateChange>.Continuation] = [:]
        private var lastStream = 0
        private var isDelivering = false

        init(machine: StateMachine) {
            self.machine = machine
        }

        mutating func add(_ stream: AsyncStream<StateChange>.Continuation) -> Int {
            lastStream += 1
            streams[lastStream] = stream
            return lastStream
        }

        mutating func removeStream(_ id: Int) {
            streams[id] = nil
        }

        mutating func removeAllStreams() -> [AsyncStream<StateChange>.Continuation] {
            defer { streams = [:] }
            return Array(streams.values)
        }

        /// False when somebody else delivers already and will see to what is new.
        mutating func beginDelivery() -> Bool {
            if isDelivering { return false }
            isDelivering = true
            return true
        }

        /// What to deliver to whom, or nil, which ends the delivery.
        mutating func nextDelivery() -> ([StateChange], [AsyncStream<StateChange>.Continuation])? {
            let changes = machine.takeNews()
            if changes.isEmpty {
                isDelivering = false
                return nil
            }
            return (changes, Array(streams.values))
        }
    }
}
