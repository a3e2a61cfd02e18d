package import EmergencyStopCore

/// Where entries come from: the stop file, or something else that can say what ``SourceEvent`` says.
package protocol EntrySource: Sendable {
    /// What the source is called in `info` and in the log, for example the path of the file.
    var name: String { get }

    /// Whether the source is told of changes, or has to look for them at intervals.
    var listenerState: ListenerState { get }

    /// Whether it has stopped to work in a way that a restart of the process would mend.
    var isStuck: Bool { get }

    /// Begins to read. The sink is called on the source's own thread, once for each read, in their order.
    func start(sink: @escaping @Sendable (SourceEvent) -> Void) throws(SourceFailure)

    /// Asks for a read now, from any thread. The request is satisfied by an event that says so.
    func requestRead() -> ReadRequest
}
