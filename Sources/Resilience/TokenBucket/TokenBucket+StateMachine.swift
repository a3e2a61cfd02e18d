extension TokenBucket {
    /// The bucket's rules as a value: the time goes in, decisions come out.
    ///
    /// All it keeps of the level is the instant at which the bucket was, or will be, empty. Instants are counted in
    /// *ticks*, a nanosecond cut into as many parts as tokens come back per period: then a token takes a whole number
    /// of ticks to come back whatever the rate, and nothing is ever rounded. 128 bits hold every product of times and
    /// counts that the types allow.
    struct StateMachine {
        /// Tokens that somebody waits for.
        struct Reservation: Equatable {
            /// When they are there, in nanoseconds.
            let ready: Int64
            fileprivate let due: Int128
            fileprivate let cost: Int128
        }

        enum Answer: Equatable {
            case granted
            case reserved(Reservation)
            /// They would not be there in time; nanoseconds.
            case tooLong(Int64)
        }

        private let ticksPerNanosecond: Int128
        private let ticksPerToken: Int128
        private let fullBucket: Int128
        /// When the bucket was or will be empty; in the future, it counts what is promised already.
        private var empty: Int128
        /// The latest time seen. Threads read the clock before they take the lock, so it may seem to go back.
        private var latest: Int128
        /// When the latest grant fell or falls due.
        private var latestDue: Int128 = .min

        init(capacity: Int, tokens: Int, period: Int64, now: Int64) {
            // Ten a second is one each 100 ms: the same rate in smaller numbers.
            let divisor = Self.greatestCommonDivisor(Int64(tokens), period)
            ticksPerNanosecond = Int128(Int64(tokens) / divisor)
            ticksPerToken = Int128(period / divisor)
            fullBucket = Int128(capacity) * ticksPerToken
            latest = Int128(now) * ticksPerNanosecond
            empty = latest - fullBucket
        }

        mutating func tryTake(_ count: Int, at now: Int64) -> Bool {
            if count == 0 { return true }
            advance(to: now)
            let after = empty + Int128(count) * ticksPerToken
            guard after <= latest else { return false }
            empty = after
            latestDue = latest
            return true
        }

        mutating func reserve(_ count: Int, within longest: Int64, at now: Int64) -> Answer {
            if tryTake(count, at: now) { return .granted }
            let cost = Int128(count) * ticksPerToken
            let due = empty + cost
            let ready = nanoseconds(roundingUp: due)
            let wait = ready.addingSaturated(-now)
            guard wait <= longest else { return .tooLong(wait) }
            empty = due
            latestDue = due
            return .reserved(Reservation(ready: ready, due: due, cost: cost))
        }

        /// Gives back what has not been promised to others since: their times were set with this one's in mind.
        mutating func cancel(_ reservation: Reservation, at now: Int64) {
            advance(to: now)
            // In nanoseconds, for a wait ends on the first whole one after it is due.
            guard reservation.ready >= now else { return }
            let givenBack = reservation.cost - (latestDue - reservation.due)
            guard givenBack > 0 else { return }
            empty = max(empty - givenBack, latest - fullBucket)
            if reservation.due == latestDue {
                let previous = reservation.due - reservation.cost
                if previous >= latest { latestDue = previous }
            }
        }

        /// A full bucket gains nothing more.
        private mutating func advance(to now: Int64) {
            latest = max(latest, Int128(now) * ticksPerNanosecond)
            empty = max(empty, latest - fullBucket)
        }

        private func nanoseconds(roundingUp ticks: Int128) -> Int64 {
            Int64(clamping: (ticks + ticksPerNanosecond - 1) / ticksPerNanosecond)
        }

        private static func greatestCommonDivisor(_ first: Int64, _ second: Int64) -> Int64 {
            var (larger, smaller) = (first, second)
            while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
            return larger
        }
    }
}
