/// The values of one object of a stop file while it is read.
struct ObjectValues {
    /// The keys that an entry may have. Keys are matched without regard to ASCII case, and to no other: the Kelvin
    /// sign is no K.
    enum Field: String, CaseIterable {
        case name = "Name"
        case status = "Status"
        case reason = "Reason"
        case by = "By"
        case at = "At"

        init?(key: Span<UInt8>) {
            guard let field = Self.allCases.first(where: { $0.isSpelled(by: key) }) else { return nil }
            self = field
        }

        private func isSpelled(by key: Span<UInt8>) -> Bool {
            let spelling = rawValue.utf8
            guard spelling.count == key.count else { return false }
            var index = 0
            for letter in spelling {
                let byte = key[index]
                let isUppercase = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                let isUppercaseLetter = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= letter
                guard (isUppercase ? byte | 0x20 : byte) == (isUppercaseLetter ? letter | 0x20 : letter) else {
                    return false
                }
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
