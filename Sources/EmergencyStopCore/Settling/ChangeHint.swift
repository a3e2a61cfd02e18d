/// What inotify told, as far as settling cares. A hint never says what the file holds: only a read does.
package enum ChangeHint: Sendable, Hashable, CaseIterable {
    /// Another file stands at the path, or none: it, or a link on the way to it, was moved or deleted.
    case replaced
    /// Someone closed the file who could have written it.
    case closed
    /// Mode, owner or times became others, which no byte does by that.
    case attributes
    /// Someone writes the file, or created it and is about to.
    case writing
    /// Something else happened nearby. It is worth a look, but must not keep the file from settling.
    case neighbour
    /// Events were lost.
    case overflow
}
