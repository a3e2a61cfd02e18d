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

    /// Runs `body` with the lock held.
    package func withLock<Result: Sendable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try mutex.withLock { value throws(Failure) in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }
}
