/// Whether changes of the stop file are heard of at once, or only found by the poll.
package enum ListenerState: Sendable, Hashable {
    case up
    /// Not known yet: listening is being tried for the first time.
    case starting
    /// The poll alone serves; the text says why. Listening is tried again at every poll interval.
    case down(String)
}
