internal import EmergencyStopCore

/// The status lines that were written last: a name that is asked for again is resolved once for each change of what is
/// served, and not once for each request.
///
/// Each name has one slot, and takes it from the name that has it. Which slot that is, is chosen by a weak hash: names
/// that collide cost each other no more than the time without a cache.
struct StatusLineCache: Sendable {
    private struct Slot: Sendable {
        /// What was served when the line was written; 0 for none.
        var generation: UInt64 = 0
        var nameStart = 0
        var nameCount = 0
        var count = 0
    }

    private static let slotBits = 6
    /// The longest line that is kept, in bytes.
    private static let lineLimit = 256

    private var generation: UInt64 = 1
    private var slots = [Slot](repeating: Slot(), count: 1 << slotBits)
    private var lines = [UInt8](repeating: 0, count: lineLimit << slotBits)

    /// Forgets all lines. To be called with every change of what is served.
    mutating func forget() { generation += 1 }

    /// Writes the line of this name, where it is known.
    func write(_ name: Span<UInt8>, to writer: inout LineWriter) -> Bool {
        let place = Self.place(of: name)
        let slot = slots[place]
        guard slot.generation == generation, slot.nameCount == name.count else { return false }
        let start = place * Self.lineLimit
        let line = lines.span.extracting(start..<start + slot.count)
        guard line.extracting(slot.nameStart..<slot.nameStart + slot.nameCount).isSame(as: name) else { return false }
        writer.lines(line)
        return true
    }

    /// Keeps the line that was written for this name: a word, a space, the name, and what else there is to say.
    mutating func note(_ line: Span<UInt8>, of name: Span<UInt8>) {
        guard line.count <= Self.lineLimit, let space = line.firstIndex(of: UInt8(ascii: " "), in: 0..<line.count)
        else {
            return
        }
        let place = Self.place(of: name)
        slots[place] = Slot(
            generation: generation, nameStart: space + 1, nameCount: name.count, count: line.count
        )
        let start = place * Self.lineLimit
        for index in 0..<line.count { lines[start + index] = line[index] }
    }

    /// Names differ at their beginning or at their end, most of the time.
    private static func place(of name: Span<UInt8>) -> Int {
        var mixed = UInt64(name.count)
        name.withUnsafeBytes { bytes in
            if bytes.count >= 8 {
                let first = bytes.loadUnaligned(as: UInt64.self)
                let last = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
                mixed ^= first &+ (last << 7 | last >> 57)
            } else {
                for byte in bytes { mixed = mixed << 8 ^ UInt64(byte) }
            }
        }
        return Int((mixed &* 0x9E37_79B9_7F4A_7C15) >> (64 - UInt64(slotBits)))
    }
}
