/// Until when what the sidecar said of a name may be believed.
///
/// A lease is only ever extended by an answered ping, and only to a time that counts from when that ping was *sent*:
/// an answer that lay in a buffer, however long, proves nothing about the time after its question.
package struct Lease: Sendable, Hashable {
    /// The first instant at which nothing is believed any more.
    package private(set) var end: MonotonicInstant

    /// A lease that has ended before it began.
    package static let none = Lease(end: MonotonicInstant(nanoseconds: .min))

    private init(end: MonotonicInstant) {
        self.end = end
    }

    /// Whether the lease covers this instant.
    package func covers(_ now: MonotonicInstant) -> Bool {
        now < end
    }

    /// Extends the lease to what one answered ping proves. It never shortens: an earlier promise still stands.
    package mutating func extend(to proof: MonotonicInstant) {
        end = max(end, proof)
    }
}

extension Lease {
    /// The end of a lease that an answered ping proves.
    ///
    /// - Parameters:
    ///   - sentAt: When the ping was sent.
    ///   - timeToLive: What was left of the sidecar's own lease on the stop file when it answered.
    ///   - length: The longest time that one answered ping is worth.
    package static func end(
        provedByPingSentAt sentAt: MonotonicInstant, timeToLive: Duration, length: Duration
    ) -> MonotonicInstant {
        sentAt.advanced(by: min(length, max(timeToLive, .zero)))
    }
}
