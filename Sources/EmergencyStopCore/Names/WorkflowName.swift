/// The name of a workflow, or of a pattern, as entries, requests and runs carry it: trimmed, of 1 to 255 bytes,
/// without control characters.
///
/// Names are compared byte by byte. Swift's own comparison of strings holds different byte sequences equal where
/// they are canonically equivalent, and two names that differ on the wire must never be taken for each other.
package struct WorkflowName: Sendable {
    /// The most bytes of UTF-8 that a name may have.
    package static let byteLimit = 255

    /// The name as text. Compare names, never their texts.
    package let text: String

    /// Trims the text of Unicode white space and makes a name of it, or says why it is none.
    package init(_ text: some StringProtocol) throws(InvalidName) {
        let trimmed = Substring(text).trimmingWhiteSpace
        guard !trimmed.isEmpty else { throw .empty }
        guard trimmed.utf8.count <= Self.byteLimit else { throw .tooLong }
        guard !trimmed.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .controlCharacter
        }
        self.text = String(trimmed)
    }

    /// Makes a name of text that is known to be one.
    package init(validated text: String) {
        self.text = text
    }

    /// Whether the name is a pattern, one that ends in `*`: it matches every name that begins with what precedes it.
    package var isPattern: Bool { text.utf8.last == UInt8(ascii: "*") }

    /// Whether this is the name, or a pattern that matches it.
    package func matches(_ name: WorkflowName) -> Bool {
        guard isPattern else { return self == name }
        return name.text.utf8.starts(with: text.utf8.dropLast()) || self == name
    }
}

extension WorkflowName: Hashable, Comparable, CustomStringConvertible {
    package static func == (lhs: WorkflowName, rhs: WorkflowName) -> Bool {
        lhs.text.utf8.elementsEqual(rhs.text.utf8)
    }

    package static func < (lhs: WorkflowName, rhs: WorkflowName) -> Bool {
        lhs.text.utf8.lexicographicallyPrecedes(rhs.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        let hashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if hashed == nil {
            for byte in text.utf8 { hasher.combine(byte) }
        }
        hasher.combine(0xFF as UInt8)
    }

    package var description: String { text }
}

extension WorkflowName {
    /// Why a text is no name.
    package enum InvalidName: Error, Hashable {
        case empty
        case tooLong
        case controlCharacter
    }
}

extension Substring {
    /// The text without the Unicode white space (property White_Space) at its ends.
    package var trimmingWhiteSpace: Substring {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return self[endIndex...] }
        return Substring(scalars[first...last])
    }
}
