internal import EmergencyStopCore
internal import FoundationEssentials

/// Writes values as JSON, one object a line, for programs.
package enum JSONLine {
    package static func text(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "{}" }
        return escaped(String(decoding: data, as: UTF8.self))
    }

    /// The encoder escapes what JSON demands; a terminal obeys more than that. Such characters stand in strings only, and
    /// mean there what their escapes mean.
    private static func escaped(_ json: String) -> String {
        UnsafeText.replaced(in: json) { scalar in
            String(scalar).utf16.reduce(into: "") { escapes, unit in
                let digits = String(unit, radix: 16)
                escapes += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
    }
}

/// A name for which nothing was done, and why, as JSON.
package struct NameFailure: Encodable {
    package var name: String
    package var error: String
}
