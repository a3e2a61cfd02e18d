internal import Glibc

/// A clock reduced to what the primitives need: whole nanoseconds since the primitive was made, and a sleep until one.
///
/// The primitives are not generic over their clock, so that one can be stored in a property without naming its clock.
/// What is left of the clock is a closure; `ContinuousClock`, the default, is read without even that, since a read
/// stands on every token that is taken and is most of its cost.
struct Timeline: Sendable {
    private let origin: Int64
    private let injected: (@Sendable () -> Int64)?
    private let wait: @Sendable (Int64) async throws -> Void

    init(_ clock: some Clock<Duration>) {
        let start = clock.now
        wait = { try await clock.sleep(until: start.advanced(by: .nanoseconds($0)), tolerance: nil) }
        if clock is ContinuousClock {
            origin = Self.bootTime()
            injected = nil
        } else {
            origin = 0
            injected = { start.duration(to: clock.now).wholeNanoseconds }
        }
    }

    /// Nanoseconds since the start.
    var now: Int64 {
        if let injected { injected() } else { Self.bootTime() - origin }
    }

    /// Returns at `instant`, or throws `CancellationError` as soon as the task is cancelled.
    func sleep(until instant: Int64) async throws {
        try await wait(instant)
    }

    /// The very clock that `ContinuousClock` reads on Linux, without the way through 128-bit attoseconds.
    private static func bootTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
