/// How long to wait before the next attempt: longer each time, up to a limit, and never quite as long as anybody else.
///
/// The wait after attempt *n* is `initial × multiplier^(n − 1)`, held at `maximum`, then spread by the jitter.
///
/// ```swift
/// let backoff = ExponentialBackoff(initial: .seconds(1), multiplier: 1.6, maximum: .seconds(120))
/// let wait = backoff.delay(attempt: 3)      // 2.56 s, give or take half
/// ```
///
/// It is a value with no state: it counts no attempts, reads no clock and may be shared freely. Nothing it is given
/// makes it overflow or return a negative wait.
///
/// **Source.** The formula and the defaults are those of cenkalti/backoff; full jitter is from "Exponential Backoff
/// And Jitter" of the AWS Architecture Blog. <doc:BackoffArticle> lists where this differs.
public struct ExponentialBackoff: Sendable, Hashable {
    /// The wait after the first attempt, before jitter.
    public let initial: Duration
    /// By what the wait grows from attempt to attempt. Less than 1, or not a number, is taken as 1.
    public let multiplier: Double
    /// The longest wait, before jitter.
    public let maximum: Duration
    /// How waits are spread.
    public let jitter: Jitter

    /// Creates a backoff; the defaults are cenkalti's.
    ///
    /// - Parameters:
    ///   - initial: The wait after the first attempt. Negative is taken as zero.
    ///   - multiplier: By what the wait grows; less than 1 is taken as 1.
    ///   - maximum: The longest wait before jitter. Negative is taken as zero, more than 292 years as that.
    ///   - jitter: How waits are spread.
    public init(
        initial: Duration = .milliseconds(500),
        multiplier: Double = 1.5,
        maximum: Duration = .seconds(60),
        jitter: Jitter = .factor(0.5)
    ) {
        self.initial = max(.zero, initial)
        self.multiplier = multiplier >= 1 ? multiplier : 1
        self.maximum = max(.zero, maximum)
        self.jitter = jitter
    }

    /// The wait after attempt `attempt` (the first is 1; less is taken as 1) has failed.
    ///
    /// - Parameters:
    ///   - attempt: Which attempt failed. However large, the wait stays within `maximum` and its jitter.
    ///   - generator: Where chance comes from; the same numbers give the same wait.
    public func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let interval = nanoseconds(attempt: attempt)
        switch jitter.kind {
        case .none:
            return .nanoseconds(interval)
        case .full:
            return .nanoseconds(Int64.random(in: 0...interval, using: &generator))
        case .factor(let factor):
            // Spread in whole nanoseconds, both ends included.
            let spread = Int64(Double(interval).scaled(by: factor))
            let low = interval - min(spread, interval)
            return .nanoseconds(Int64.random(in: low...interval.addingSaturated(spread), using: &generator))
        }
    }

    /// The wait after attempt `attempt` has failed, by the system's random numbers.
    public func delay(attempt: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return delay(attempt: attempt, using: &generator)
    }

    /// The longest wait that any attempt can lead to, jitter included: what a deadline must leave room for.
    public var longestDelay: Duration {
        let longest = maximum.wholeNanoseconds
        switch jitter.kind {
        case .none, .full: return .nanoseconds(longest)
        case .factor(let factor):
            return .nanoseconds(longest.addingSaturated(Int64(Double(longest).scaled(by: factor))))
        }
    }

    /// The wait before jitter. Computed in floating point, where what is too large becomes infinite and not negative.
    private func nanoseconds(attempt: Int) -> Int64 {
        let ceiling = maximum.wholeNanoseconds
        let growth = multiplier.raised(to: max(1, attempt) - 1)
        let product = (Double(initial.wholeNanoseconds) * growth).rounded()
        // Zero times infinity is not a number, and nothing grown without end is still nothing.
        guard !product.isNaN else { return 0 }
        return product < Double(ceiling) ? Int64(product) : ceiling
    }
}

extension Double {
    /// Power by squaring: exact for the small powers that the documentation promises to the nanosecond, and quick for
    /// an attempt number in the billions.
    fileprivate func raised(to exponent: Int) -> Double {
        var result = 1.0
        var base = self
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result *= base }
            base *= base
            rest >>= 1
        }
        return result
    }

    /// The product, held where it can still become an `Int64`.
    fileprivate func scaled(by factor: Double) -> Double {
        Swift.min(self * factor, 9.2e18)
    }
}

extension ExponentialBackoff {
    /// How a wait is spread, so that those who failed together do not come back together.
    public struct Jitter: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case none, full
            case factor(Double)
        }

        let kind: Kind

        /// No spread: for tests, and where only one ever waits.
        public static let none = Jitter(kind: .none)

        /// Anywhere from nothing to the whole wait: spreads best, and may try again at once.
        public static let full = Jitter(kind: .full)

        /// Evenly within `factor` of the wait to either side, so that 0.5 turns 2 s into 1…3 s. It may pass the
        /// backoff's maximum by as much. Held within 0…1; what is not a number is taken as 0.
        public static func factor(_ factor: Double) -> Jitter {
            Jitter(kind: .factor(factor > 0 ? min(factor, 1) : 0))
        }
    }
}
