internal import Synchronization

/// A `Mutex` that is seen to be handed over.
///
/// When threads contend for a `Mutex`, it is the Linux kernel that hands it from one to the next, where the thread
/// sanitizer does not look: it then takes all that the lock guards for a race. The flag says the same once more where
/// it does look, by a load and a store beside the lock's own word: what is reported then is a race.
package struct Guarded<Value: ~Copyable & Sendable>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>
    private let handover = Atomic(false)

    package init(_ value: consuming Value) {
        mutex = Mutex(value)
    }

    /// How often a lock that is taken is tried before the thread goes to sleep for it. What it guards is done in some
    /// tens of nanoseconds, and to be put to sleep and woken takes microseconds.
    private static var tries: Int { 100 }

    /// Runs `body` with the lock held.
    package func withLock<Result: Sendable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        for _ in 0..<Self.tries {
            let result = try mutex.withLockIfAvailable { value throws(Failure) in
                takeOver()
                defer { handOver() }
                return try body(&value)
            }
            if let result { return result }
        }
        return try mutex.withLock { value throws(Failure) in
            takeOver()
            defer { handOver() }
            return try body(&value)
        }
    }

    /// Before the value is touched: passing it on counts as that for the sanitizer.
    private func takeOver() {
        _ = handover.load(ordering: .acquiring)
    }

    private func handOver() {
        handover.store(true, ordering: .releasing)
    }
}
