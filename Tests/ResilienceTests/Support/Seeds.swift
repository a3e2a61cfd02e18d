import Foundation

/// Chance that can be repeated: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Seeds for property tests, new ones in each run. A failing test names its seed, since it is the test's argument;
/// `RESILIENCE_SEED=… swift test` runs that one alone.
func seeds(_ count: Int) -> [UInt64] {
    if let chosen = ProcessInfo.processInfo.environment["RESILIENCE_SEED"].flatMap({ UInt64($0) }) { return [chosen] }
    return (0..<count).map { _ in UInt64.random(in: 0 ... .max) }
}
