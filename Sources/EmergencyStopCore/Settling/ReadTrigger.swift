/// What caused a read.
package enum ReadTrigger: String, Sendable, CaseIterable {
    /// The sidecar starts.
    case start
    /// inotify told of something.
    case hint
    /// The time came to see whether what was found has settled.
    case settle
    /// The poll interval has passed.
    case poll
    /// Somebody asked, with `sync` or a signal.
    case request
    /// The last attempt to read failed.
    case retry
}
