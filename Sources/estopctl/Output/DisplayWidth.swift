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
    static func cut(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        guard width > 1 else { return width == 1 ? "…" : "" }
        var left = width - 1
        var kept = ""
        for character in text {
            let needed = of(String(character))
            guard needed <= left else { break }
            left -= needed
            kept.append(character)
        }
        return kept + "…"
    }
}
