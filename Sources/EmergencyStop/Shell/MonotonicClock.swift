internal import EmergencyStopCore
internal import Glibc

/// The clock that leases are measured with. It stands still while the machine is suspended, as does the sidecar, and
/// setting the time does not move it.
enum MonotonicClock {
    /// The time to the nanosecond.
    static func now() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: read(CLOCK_MONOTONIC))
    }

    /// Nanoseconds at the kernel's last tick: never ahead of ``now()``, some milliseconds behind, more where ticks are
    /// late as in a busy virtual machine, and four times quicker to read. Neither leaves user space.
    @inline(__always)
    static func coarse() -> Int64 {
        read(CLOCK_MONOTONIC_COARSE)
    }

    /// How near to an end the coarse time is not good enough: far more than ticks are ever late.
    static let doubtful: Int64 = 1_000_000_000

    /// Whether an instant lies ahead, in nanoseconds. While it is far ahead the coarse time says so; when it is near
    /// only the exact time counts.
    @inline(__always)
    static func isAhead(_ instant: Int64) -> Bool {
        coarse() < instant &- doubtful || now().nanoseconds < instant
    }

    @inline(__always)
    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
