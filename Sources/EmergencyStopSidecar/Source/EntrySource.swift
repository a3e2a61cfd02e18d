/// Where entries come from: the stop file, or something else that can say what ``SourceEvent`` says.
package protocol EntrySource: Sendable {
    /// What the source is called in `info` and in the log, for example the path of the file.
    var name: String { get }

    /// Whether the source is told of changes, or has to look for them at intervals.
    var watchState: WatchState { get }

    /// Begins to read. The sink is called on the source's own thread, once for each read, in their order.
    func start(sink: @escaping @Sendable (SourceEvent) -> Void)

    /// Asks for a read now, from any thread. The request is satisfied by an event that says so.
    func requestRead() -> ReadRequest
}

/// Whether a source is told of changes.
package enum WatchState: Sendable, Hashable {
    /// It is told at once.
    case up
    /// It is not, for this reason, and only looks at intervals.
    case down(String)
}
