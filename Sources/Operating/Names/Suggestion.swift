package import EmergencyStopCore

/// The known name that a mistyped one is most like, if any is like it.
///
/// Likeness is the optimal string alignment distance (Damerau–Levenshtein without overlapping edits; Boytsov,
/// "Indexing methods for approximate dictionary searching", 2011) of the lower-case texts, at most a third of the
/// length. A name that differs only in case, or of which a whole beginning was typed, comes first.
package func suggestion(for name: String, among known: some Sequence<String>) -> String? {
    let typed = Array(name.lowercased())
    // Of two letters one is as like as another.
    let limit = typed.count / 3
    var best: (name: String, distance: Int)?
    for candidate in known where !candidate.utf8.elementsEqual(name.utf8) {
        let letters = Array(candidate.lowercased())
        let distance = letters == typed ? 0 : min(whole(typed, letters, limit), beginning(typed, letters))
        guard distance <= limit else { continue }
        if best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true { best = (candidate, distance) }
    }
    return best?.name
}

private func whole(_ typed: [Character], _ letters: [Character], _ limit: Int) -> Int {
    abs(letters.count - typed.count) <= limit ? alignmentDistance(typed, letters) : .max
}

/// As if only the beginning had been typed, which costs one.
private func beginning(_ typed: [Character], _ letters: [Character]) -> Int {
    guard typed.count >= 3, letters.count > typed.count else { return .max }
    return 1 + [0, 1].map { alignmentDistance(typed, Array(letters.prefix(typed.count + $0))) }.min()!
}

private func alignmentDistance(_ first: [Character], _ second: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for (row, letter) in first.enumerated() {
        var current = [row + 1]
        for (column, other) in second.enumerated() {
            var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
            if row > 0, column > 0, letter == second[column - 1], first[row - 1] == other {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        (beforeLast, last) = (last, current)
    }
    return last[second.count]
}

/// Names that were asked for and that nobody knows: to a typing error an empty answer looks like "nothing runs".
package enum UnknownNames {
    /// Says which of the names match nothing that the sidecar lists.
    package static func say(of names: [WorkflowName], listed: [WorkflowName]) {
        for name in names where !listed.contains(where: { name.matches($0) }) {
            StandardError.say(question(about: name, listed) ?? isUnknown(name))
        }
    }

    /// What may have been meant by a name without an entry, where the sidecar lists one that is like it.
    package static func question(about name: WorkflowName, _ endpoint: SidecarEndpoint) -> String? {
        guard let listed = try? endpoint.connect().list() else { return nil }
        return question(about: name, listed.filter { $0.report.cause != .unlisted }.map(\.name))
    }

    private static func question(about name: WorkflowName, _ listed: [WorkflowName]) -> String? {
        suggestion(for: name.text, among: listed.lazy.map(\.text)).map {
            "\(isUnknown(name)); did you mean \(Printable.text($0))?"
        }
    }

    private static func isUnknown(_ name: WorkflowName) -> String {
        let shown = Printable.text(name.text)
        return name.isPattern ? "nothing matches \(shown)" : "\(shown) has no entry"
    }
}
