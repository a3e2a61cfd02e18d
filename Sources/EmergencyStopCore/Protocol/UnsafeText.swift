/// Which characters of a text that others wrote are never shown as they are.
///
/// Protocol values, the log, tables and JSON write them in a way of their own; which they are, is decided here.
package enum UnsafeText {
    /// Whether the character steers what shows it instead of being shown: a control or format character (text direction
    /// among them, tags, and a byte order mark in the middle), or one that ends a line.
    ///
    /// The joiners within words and emoji do that, too, and are harmless: scripts that need them could not be written
    /// without.
    package static func contains(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        case .format: return scalar != "\u{200C}" && scalar != "\u{200D}"
        // What Unicode keeps for more of them.
        case .unassigned: return scalar.properties.isDefaultIgnorableCodePoint
        default: return false
        }
    }

    /// The text, with each such character in another form.
    package static func replaced(in text: String, by form: (Unicode.Scalar) -> String) -> String {
        guard text.unicodeScalars.contains(where: contains) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            if contains(scalar) { shown += form(scalar) } else { shown.unicodeScalars.append(scalar) }
        }
    }
}
