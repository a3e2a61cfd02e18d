internal import Dispatch
internal import Resilience

// Prints `name threads nanoseconds` a line, as its Go counterpart does; `../../resilience` sets them side by side.

let iterations = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2_000_000

/// Nanoseconds of wall time per call on each thread.
func measure(_ name: String, threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
    body(iterations / 10)
    let start = ContinuousClock.now
    if threads == 1 {
        body(iterations)
    } else {
        DispatchQueue.concurrentPerform(iterations: threads) { _ in body(iterations) }
    }
    let elapsed = start.duration(to: .now)
    let nanoseconds = Double(elapsed.components.seconds) * 1e9 + Double(elapsed.components.attoseconds) / 1e9
    print(name, threads, nanoseconds / Double(iterations))
}

/// Something that the compiler cannot see through, as little work as can be.
@inline(never)
func nothing() {}

for threads in [1, 2] {
    let breaker = CircuitBreaker()
    measure("breaker", threads: threads) { count in
        for _ in 0..<count { try? breaker.execute { nothing() } }
    }
    let interval = CircuitBreaker(.init(interval: .seconds(60)))
    measure("breaker-interval", threads: threads) { count in
        for _ in 0..<count { try? interval.execute { nothing() } }
    }
    measure("breaker-permit", threads: threads) { count in
        for _ in 0..<count { try? breaker.admit().succeed() }
    }
    let full = TokenBucket(capacity: 1 << 40, refilling: 1, every: .nanoseconds(1))
    measure("token-granted", threads: threads) { count in
        for _ in 0..<count { _ = try? full.tryTake() }
    }
    let empty = TokenBucket(capacity: 1, refilling: 1, every: .seconds(1))
    measure("token-refused", threads: threads) { count in
        for _ in 0..<count { _ = try? empty.tryTake() }
    }
}
