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

/// What could not be done or found out, as JSON.
package struct ErrorRecord: Encodable {
    private let kind = "error"
    /// A word for programs: what kind of trouble it is.
    private let code: String
    /// The same for people, with what to do about it.
    private let message: String
    /// The name for which nothing was done; `nil` where it is about all.
    private let name: String?

    package init(_ code: String, _ message: String, name: String? = nil) {
        self.code = code
        self.message = message
        self.name = name
    }
}

/// What ends an answer of many objects, so that a program can tell the whole from a part.
package struct EndRecord: Encodable {
    private let kind = "end"
    /// How many there were.
    private let count: Int
    /// Whether that was all that there is; `nil` where it always is.
    private let complete: Bool?

    package init(count: Int, isComplete: Bool? = nil) {
        self.count = count
        complete = isComplete
    }
}
