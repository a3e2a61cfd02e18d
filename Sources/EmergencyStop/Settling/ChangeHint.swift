/// What inotify told, as far as settling cares. A hint never says what the file holds: only a read does.
package enum ChangeHint: Sendable, Hashable, CaseIterable {
    /// Someone finished with the file, or with a link on the way to it: closed, moved, deleted, changed its mode.
    case done
    /// Someone writes the file, or created it and is about to.
    case writing
    /// Something else happened nearby. It is worth a look, but must not keep the file from settling.
    case neighbour
    /// Events were lost.
    case overflow
}
