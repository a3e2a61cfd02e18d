internal import Synchronization

extension TokenBucket {
    /// The level of a bucket, shared by threads.
    ///
    /// In one machine word, exchanged without a lock, wherever it fits: a token is taken in the time of a clock read,
    /// and threads do not wait for one another. It fits the usual rates for decades; where it would not (a bucket that
    /// takes longer to fill, or a rate such as 997 a second, whose ticks are very fine) a lock guards the wide number.
    struct Level: ~Copyable, Sendable {
        private let word: Atomic<Int64>
        private let wide: Guarded<Int128>
        private let fitsWord: Bool

        init(_ rules: Rules, now: Int64) {
            let full = rules.full(at: now)
            // 16 ticks a nanosecond leave 18 years of uptime, and 2^61 of them at least 4 for filling up.
            fitsWord = rules.ticksPerNanosecond <= 16 && rules.fullBucket <= 1 << 61
            word = Atomic(fitsWord ? Int64(clamping: full) : 0)
            wide = Guarded(full)
        }

        /// Replaces the level by what `body` makes of it.
        ///
        /// - Parameter body: Called again when another thread was faster, so it must do nothing else.
        func update<Result: Sendable>(_ body: (inout Int128) -> Result) -> Result {
            guard fitsWord else {
                return wide.withLock { shared in
                    var level = shared
                    let result = body(&level)
                    shared = level
                    return result
                }
            }
            var seen = word.load(ordering: .relaxed)
            while true {
                var level = Int128(seen)
                let result = body(&level)
                let next = Int64(clamping: level)
                if next == seen { return result }
                let (exchanged, original) = word.weakCompareExchange(
                    expected: seen, desired: next, ordering: .relaxed)
                if exchanged { return result }
                seen = original
            }
        }
    }
}
