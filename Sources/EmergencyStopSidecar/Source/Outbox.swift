internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Synchronization

/// The way from the source's thread to the loop: what the source has said and the loop has not taken yet.
///
/// Thread-safe. What takes long, the comparison of snapshots, keeps the loop from nothing.
final class Outbox: Sendable {
    private let digest = Mutex(SourceDigest())
    private let delivery = Mutex<Delivery?>(nil)
    private let hasDelivery = Atomic(false)
    private let wakeLoop: WakeUp

    init(wakeLoop: WakeUp) {
        self.wakeLoop = wakeLoop
    }

    /// Puts in what an event comes to, and wakes the loop where it does not know yet that there is something.
    func post(_ event: SourceEvent) {
        let next = digest.withLock { $0.digest(event) }
        let isFirst = delivery.withLock { delivery in
            hasDelivery.store(true, ordering: .releasing)
            guard delivery == nil else {
                delivery?.absorb(next)
                return false
            }
            delivery = next
            return true
        }
        if isFirst { wakeLoop() }
    }

    /// Takes what is there. Where nothing is, that costs next to nothing.
    func take() -> Delivery? {
        guard hasDelivery.load(ordering: .acquiring) else { return nil }
        return delivery.withLock { delivery in
            hasDelivery.store(false, ordering: .relaxed)
            defer { delivery = nil }
            return delivery
        }
    }
}
