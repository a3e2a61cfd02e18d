internal import CPosix
internal import Glibc

/// How many columns of a terminal a text takes.
enum DisplayWidth {
    /// The locale whose tables say how wide a character is, whatever the user's own is.
    // Unsafe because pointers are not Sendable: this one is set once, and what it points to never changes.
    private nonisolated(unsafe) static let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

    static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + of($1) }
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        let previous = uselocale(locale)
        defer { uselocale(previous) }
        return max(0, Int(cposix_wcwidth(wchar_t(scalar.value))))
    }

    /// The text, cut with an ellipsis where it is wider.
    ///
    /// - Parameter tail: How many columns of its end are kept behind the ellipsis.
    static func cut(_ text: String, to width: Int, keeping tail: Int = 0) -> String {
        guard of(text) > width else { return text }
        guard width > 1 else { return width == 1 ? "…" : "" }
        let end = prefix(text.reversed(), within: min(tail, width - 1))
        let start = prefix(text, within: width - 1 - end.reduce(0) { $0 + of(String($1)) })
        return String(start) + "…" + String(end.reversed())
    }

    private static func prefix(_ text: some Sequence<Character>, within width: Int) -> [Character] {
        var left = width
        return Array(
            text.prefix { character in
                left -= of(String(character))
                return left >= 0
            })
    }
}
