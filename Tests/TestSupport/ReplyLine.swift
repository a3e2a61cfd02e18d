/// A line that the sidecar sent, taken apart: `WORD SUBJECT<TAB>key=value…`.
package struct ReplyLine: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    /// The first word.
    package let word: String
    /// What stands between the first word and the fields.
    package let subject: String
    private let fields: [String: String]

    package init(_ text: String) {
        self.text = text
        let parts = text.split(separator: "\t", omittingEmptySubsequences: false)
        let head = parts[0].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        word = String(head[0])
        subject = head.count > 1 ? String(head[1]) : ""
        var fields: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            fields[String(part[..<equals])] = String(part[part.index(after: equals)...])
        }
        self.fields = fields
    }

    /// The value of a field, as it was sent.
    package subscript(key: String) -> String? { fields[key] }

    /// The names of the fields, sorted.
    package var keys: [String] { fields.keys.sorted() }

    /// The number in a field.
    package func number(_ key: String) -> Int? { fields[key].flatMap { Int($0) } }

    /// The status and the name, without the fields.
    package var head: String { subject.isEmpty ? word : "\(word) \(subject)" }

    package var description: String { text }
}
