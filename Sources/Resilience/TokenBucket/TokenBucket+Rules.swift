extension TokenBucket {
    /// The bucket's rules as values: its level and the time go in, its next level comes out.
    ///
    /// All there is to the level is the instant at which the bucket was, or will be, empty; in the future, it counts
    /// what is promised already. Instants are counted in *ticks*, a nanosecond cut into as many parts as make a token
    /// take a whole number of them to come back: whatever the rate, nothing is ever rounded. 128 bits hold every
    /// product of times and counts that the types allow.
    struct Rules: Sendable {
        /// Tokens that somebody waits for.
        struct Reservation: Equatable {
            /// When they are there, in nanoseconds.
            let ready: Int64
            let due: Int128
            fileprivate let cost: Int128
        }

        enum Answer: Equatable {
            case granted
            case reserved(Reservation)
            /// They would not be there in time; nanoseconds.
            case tooLong(Int64)
        }

        let ticksPerNanosecond: Int128
        let fullBucket: Int128
        private let ticksPerToken: Int128

        init(capacity: Int, tokens: Int, period: Int64) {
            // Ten a second is one each 100 ms: the same rate in smaller numbers.
            let divisor = Self.greatestCommonDivisor(Int64(tokens), period)
            ticksPerNanosecond = Int128(Int64(tokens) / divisor)
            ticksPerToken = Int128(period / divisor)
            fullBucket = Int128(capacity) * ticksPerToken
        }

        /// The level of a bucket that is full at `now`.
        func full(at now: Int64) -> Int128 {
            Int128(now) * ticksPerNanosecond - fullBucket
        }

        /// Takes tokens if they are there. A thread whose reading of the clock is older than another's finds what was
        /// there then: never more.
        func tryTake(_ count: Int, from empty: inout Int128, at now: Int64) -> Bool {
            if count == 0 { return true }
            // A full bucket gains nothing more.
            let after = max(empty, full(at: now)) + Int128(count) * ticksPerToken
            guard after <= Int128(now) * ticksPerNanosecond else { return false }
            empty = after
            return true
        }

        /// Takes tokens, in the future if they are not there yet.
        func reserve(_ count: Int, within longest: Int64, from empty: inout Int128, at now: Int64) -> Answer {
            if tryTake(count, from: &empty, at: now) { return .granted }
            let cost = Int128(count) * ticksPerToken
            let due = max(empty, full(at: now)) + cost
            let ready = Int64(clamping: (due + ticksPerNanosecond - 1) / ticksPerNanosecond)
            let wait = ready.addingSaturated(-now)
            guard wait <= longest else { return .tooLong(wait) }
            empty = due
            return .reserved(Reservation(ready: ready, due: due, cost: cost))
        }

        /// Gives back what has not been promised to others since, whose times were set with this one's in mind: more
        /// would let them and those who come meet in a burst that is more than a bucketful.
        ///
        /// - Parameter latestDue: When the latest reservation that was made falls due; corrected if it was this.
        func cancel(
            _ reservation: Reservation, of empty: inout Int128, latestDue: inout Int128, at now: Int64
        ) {
            // In nanoseconds, for a wait ends on the first whole one after it is due.
            guard reservation.ready >= now else { return }
            let givenBack = min(reservation.cost, reservation.cost - (latestDue - reservation.due))
            guard givenBack > 0 else { return }
            empty = max(empty - givenBack, full(at: now))
            if reservation.due == latestDue {
                let previous = reservation.due - reservation.cost
                if previous >= Int128(now) * ticksPerNanosecond { latestDue = previous }
            }
        }

        private static func greatestCommonDivisor(_ first: Int64, _ second: Int64) -> Int64 {
            var (larger, smaller) = (first, second)
            while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
            return larger
        }
    }
}
