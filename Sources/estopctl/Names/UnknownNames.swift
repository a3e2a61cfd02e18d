internal import EmergencyStopCore

/// Names that were asked for and that nobody knows: to a typing error an empty answer looks like "nothing runs".
enum UnknownNames {
    /// Says which of the names match nothing that the sidecar lists.
    static func say(of names: [WorkflowName], listed: [WorkflowName]) {
        for name in names where !listed.contains(where: { name.matches($0) }) {
            let shown = Printable.text(name.text)
            let near = suggestion(for: name.text, among: listed.map(\.text))
            StandardError.say(
                (name.isPattern ? "nothing matches \(shown)" : "\(shown) has no entry, and nobody watches or runs it")
                    + (near.map { "; did you mean \(Printable.text($0))?" } ?? "")
            )
        }
    }
}
