/// What a sidecar tells about itself, as JSON: its own keys in camelCase, numbers as numbers.
package struct InformationRecord: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { return nil }
    }

    private let facts: [(key: String, value: String)]

    package init(_ facts: [(key: String, value: String)]) {
        self.facts = facts
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("info", forKey: Key("kind"))
        for (key, value) in facts {
            let key = Key(Self.camelCase(key))
            // A digest or a version may look like a number, and is none.
            if !Self.texts.contains(key.stringValue), let number = Int64(value) {
                try container.encode(number, forKey: key)
            } else {
                try container.encode(value, forKey: key)
            }
        }
    }

    private static let texts: Set = [
        "version", "instance", "file", "socket", "problem", "inotifyProblem", "fileSha256", "fleetFile",
        "fleetCondition", "fleetProblem", "fleet", "fleetEpoch", "fleetLeftUntil", "fleetLeftReason", "fleetLeftBy",
        "fleetLeaveProblem",
    ]

    /// `poll-interval-ms` as `pollIntervalMs`.
    static func camelCase(_ key: String) -> String {
        let words = key.split(separator: "-")
        return words.dropFirst().reduce(into: String(words.first ?? "")) { text, word in
            text += word.prefix(1).uppercased() + word.dropFirst()
        }
    }
}
