/// Random numbers that a seed decides (SplitMix64), so that what a test finds can be found again.
struct SeededRandom: RandomNumberGenerator {
    /// Seeds that are the same in every run, and one that is new. A test that fails shows its seed as its argument.
    static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6, 7, .random(in: 8...UInt64.max)]

    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    mutating func isOne(in count: Int) -> Bool { below(count) == 0 }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}
