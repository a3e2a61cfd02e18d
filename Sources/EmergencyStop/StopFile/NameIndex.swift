/// A hash table from names to places in a list that holds the names: open addressing, linear probing, at most half
/// full, eight bytes a slot.
struct NameIndex: Sendable {
    /// The place and one, 0 where the slot is free.
    private var slots: [UInt32]
    /// The upper half of the hash of what is in the slot, which tells most names apart without looking at them.
    private var hashes: [UInt32]

    init(capacity: Int) {
        var size = 8
        while size < capacity * 2 { size *= 2 }
        slots = [UInt32](repeating: 0, count: capacity == 0 ? 0 : size)
        hashes = slots
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
        let short = UInt32(truncatingIfNeeded: hash >> 32)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if hashes[slot] == short, isMatch(Int(slots[slot] - 1)) { return Int(slots[slot] - 1) }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Puts in a place. There is room for as many as the index was made for.
    mutating func insert(_ place: Int, _ hash: UInt) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(place + 1)
        hashes[slot] = UInt32(truncatingIfNeeded: hash >> 32)
    }
}
