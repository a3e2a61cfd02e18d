package import EmergencyStopCore

/// What a stop file may say without being wrong, and hardly means: for whoever checks it before it counts. The sidecar
/// says nothing of this, since names of others are none of its business.
package enum Misgivings {
    /// The most that are told.
    private static let limit = 100

    /// In the order of the file; none for one that is malformed.
    package static func about(_ file: StopFile, _ bytes: [UInt8]) -> [Diagnostic] {
        guard file.malformation == nil else { return [] }
        guard file.entries.count > 0 else {
            return [
                Diagnostic(
                    severity: .warning, line: 1, column: 1, message: "there is no entry: every workflow is stopped")
            ]
        }
        var found: [(offset: Int, message: String)] = []
        var known: [String: Int] = [:]
        for position in 0..<file.entries.count where found.count < limit {
            let name = file.entries.name(at: position)
            let offset = file.entries.object(at: position).lowerBound
            if name.isPattern, file.entries.status(at: position) == .go {
                found.append(
                    (
                        offset,
                        "\(shown(name)) is a pattern set to go, which does nothing, because patterns only restrain: remove it"
                    ))
            }
            if let earlier = known.updateValue(position, forKey: skeleton(name.text)) {
                let other = file.entries.name(at: earlier)
                found.append((offset, "\(shown(name)) and \(shown(other)) \(difference(name.text, other.text))"))
            }
        }
        var positions = TextPosition(bytes)
        return found.sorted { $0.offset < $1.offset }.map { offset, message in
            let (line, column) = positions.lineAndColumn(of: offset)
            return Diagnostic(severity: .warning, line: line, column: column, message: message)
        }
    }

    private static func shown(_ name: WorkflowName) -> String { "'\(name.text)'" }

    private static func difference(_ one: String, _ other: String) -> String {
        // Texts that are canonically equivalent are equal.
        if one == other { return "are the same letters in another encoding (Unicode normalisation): two workflows" }
        if spaced(one) == spaced(other) { return "differ only in white space or joiners: they are two workflows" }
        if one.lowercased() == other.lowercased() { return "differ only in case: they are two workflows" }
        return "look alike, and are two workflows"
    }

    /// The name with every white space as a space and without joiners, which nobody sees. At its ends a name has none.
    private static func spaced(_ name: String) -> String {
        let scalars = name.unicodeScalars.compactMap { scalar -> Unicode.Scalar? in
            if scalar == "\u{200C}" || scalar == "\u{200D}" { return nil }
            return scalar.properties.isWhitespace ? " " : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// What names have in common that people cannot tell apart; equal also where only the normalisation differs.
    private static func skeleton(_ name: String) -> String {
        String(String.UnicodeScalarView(spaced(name).lowercased().unicodeScalars.map { lookAlikes[$0] ?? $0 }))
    }

    /// Letters that look like Latin ones, lower case: the commonest of Unicode's confusables (UTS #39).
    private static let lookAlikes = Dictionary(
        uniqueKeysWithValues: zip(
            "аαсԁеεһіιјкκӏ1|мпоο0рρѕтτυνѵхχуγ‐‑–—−".unicodeScalars,
            "aacdeehiijkklllmnoooppsttuvvxxyy-----".unicodeScalars
        )
    )
}
