/// A hash table from names to places in a list that holds the names: open addressing, linear probing, at most half
/// full, eight bytes a slot.
struct NameIndex: Sendable {
    /// In the lower half the place and one, 0 where the slot is free; in the upper half that of the hash of what is
    /// in the slot, which tells most names apart without looking at them.
    private var slots: [UInt64]
    private static let placeMask: UInt64 = 0xFFFF_FFFF

    init(capacity: Int) {
        var size = 8
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: capacity == 0 ? 0 : size)
    }

    /// The hash of a name. Seeded for each process, so that nobody can write names that collide.
    static func hash(_ name: Span<UInt8>) -> UInt {
        var hasher = Hasher()
        name.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt(bitPattern: hasher.finalize())
    }

    /// The first place with this hash that the closure accepts.
    func first(_ hash: UInt, where isMatch: (Int) -> Bool) -> Int? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            let place = Int(slots[slot] & Self.placeMask) - 1
            if (slots[slot] ^ UInt64(hash)) & ~Self.placeMask == 0, isMatch(place) { return place }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Puts in a place. There is room for as many as the index was made for.
    mutating func insert(_ place: Int, _ hash: UInt) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt64(hash) & ~Self.placeMask | UInt64(place + 1)
    }
}
