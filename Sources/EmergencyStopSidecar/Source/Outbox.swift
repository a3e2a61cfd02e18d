internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Synchronization

/// The way from the source's thread to the loop: what the source has said and the loop has not taken yet.
///
/// Thread-safe. What takes long, the comparison of snapshots, keeps the loop from nothing.
final class Outbox: Sendable {
    private let digest: Mutex<SourceDigest>
    private let delivery = Mutex<Delivery?>(nil)
    private let hasDelivery = Atomic(false)
    private let wakeLoop: WakeUp

    /// - Parameter hasFleet: Whether the host belongs to a fleet, of which has to be heard then too.
    init(wakeLoop: WakeUp, hasFleet: Bool) {
        digest = Mutex(SourceDigest(hasFleet: hasFleet))
        self.wakeLoop = wakeLoop
    }

    /// Puts in what an event comes to, and wakes the loop where it does not know yet that there is something.
    func post(_ event: SourceEvent) {
        // Where there are two sources, what one of them says is delivered before the other is heard.
        let isFirst = digest.withLock { digest in
            let next = digest.digest(event)
            return delivery.withLock { delivery in
                hasDelivery.store(true, ordering: .releasing)
                guard delivery == nil else {
                    delivery?.absorb(next)
                    return false
                }
                delivery = next
                return true
            }
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
