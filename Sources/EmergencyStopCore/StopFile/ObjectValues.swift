/// The values of one object of a stop file while it is read.
struct ObjectValues {
    /// The keys that an entry may have. Keys are matched without regard to ASCII case, and to no other: the Kelvin
    /// sign is no K.
    enum Field: String {
        case name = "Name"
        case status = "Status"
        case reason = "Reason"
        case by = "By"
        case at = "At"

        init?(key: Span<UInt8>) {
            // By length first: this is asked for every key of the file.
            let candidate: Field
            switch key.count {
            case 2: candidate = key[0] | 0x20 == UInt8(ascii: "b") ? .by : .at
            case 4: candidate = .name
            case 6: candidate = key[0] | 0x20 == UInt8(ascii: "s") ? .status : .reason
            default: return nil
            }
            guard candidate.isSpelled(by: key) else { return nil }
            self = candidate
        }

        /// Whether the bytes, as many as the spelling has, are this key in whatever case.
        private func isSpelled(by key: Span<UInt8>) -> Bool {
            var index = 0
            for letter in rawValue.utf8 {
                // The two cases of a letter differ in this one bit, and no third byte is like them but for it.
                guard key[index] | 0x20 == letter | 0x20 else { return false }
                index += 1
            }
            return true
        }

        fileprivate var position: Int {
            switch self {
            case .name: 0
            case .status: 1
            case .reason: 2
            case .by: 3
            case .at: 4
            }
        }
    }

    /// One value: where it stands, and what it is unless it is null.
    private struct Value {
        var offset: Int
        var text: StopFileParser.StringText?
    }

    private var values: InlineArray<5, Value?> = InlineArray(repeating: nil)

    func has(_ field: Field) -> Bool { values[field.position] != nil }

    /// The string, or `nil` where the key is absent or its value null, which is the same.
    func text(_ field: Field) -> StopFileParser.StringText? { values[field.position]?.text }

    /// Where the value stands.
    func offset(_ field: Field) -> Int { values[field.position]?.offset ?? 0 }

    mutating func set(_ field: Field, _ text: StopFileParser.StringText?, at offset: Int) {
        values[field.position] = Value(offset: offset, text: text)
    }
}
