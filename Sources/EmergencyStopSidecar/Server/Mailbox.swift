internal import EmergencyStop
internal import EmergencyStopSystem
internal import Synchronization

/// What the source has said and the loop has not taken yet.
///
/// Thread-safe: the source's thread puts in, the loop takes out.
final class Mailbox: Sendable {
    private struct State {
        var digest = SourceDigest()
        var delivery: Delivery?
    }

    private let state = Mutex(State())
    private let hasNews = Atomic(false)
    private let wakeLoop: WakeUp

    init(wakeLoop: WakeUp) {
        self.wakeLoop = wakeLoop
    }

    /// Puts in what an event comes to, and wakes the loop where it does not know yet that there is something.
    func post(_ event: SourceEvent) {
        // Only the source's thread changes the digest, so what takes long, the comparison of snapshots, is done
        // outside the lock that the loop takes too.
        var digest = state.withLock { $0.digest }
        let delivery = digest.digest(event)
        let isFirst = state.withLock { state in
            state.digest = digest
            defer { hasNews.store(true, ordering: .releasing) }
            guard state.delivery == nil else {
                state.delivery?.absorb(delivery)
                return false
            }
            state.delivery = delivery
            return true
        }
        if isFirst { wakeLoop() }
    }

    /// Takes what is there. Where nothing is, that costs next to nothing.
    func take() -> Delivery? {
        guard hasNews.load(ordering: .acquiring) else { return nil }
        return state.withLock { state in
            hasNews.store(false, ordering: .relaxed)
            defer { state.delivery = nil }
            return state.delivery
        }
    }
}
