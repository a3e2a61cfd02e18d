package import EmergencyStopCore

/// What a source of entries tells about one read, in the order of the reads.
///
/// This is all that the rest of the sidecar knows of where entries come from: another source than the file has to say
/// these things and no others.
package struct SourceEvent: Sendable {
    /// What the read found out.
    package enum Finding: Sendable {
        /// What is shown is not settled: its restraints hold at once, nothing else of it does.
        case shown(EntryTable)
        /// What is shown has settled: it holds from now on, in place of all that was shown before.
        case settled(SettledState)
        /// What was found is what had settled last; where there is a file, in this one, which may be another.
        case verified(Provenance?)
        /// No read took place, for a reason that says nothing about the entries, for example a want of descriptors.
        case failed(String)
        /// What the fleet restrains, where the host belongs to one.
        case fleet(FleetFinding)
    }

    package var finding: Finding
    /// The start of the read. What has settled or was verified is as old as this.
    package var readAt: ContinuousClock.Instant
    /// What caused the read.
    package var trigger: ReadTrigger
    /// Every request for a read with a number up to this one is satisfied: what has settled now was read after it.
    package var satisfied: ReadRequest

    package init(
        finding: Finding,
        readAt: ContinuousClock.Instant,
        trigger: ReadTrigger,
        satisfied: ReadRequest
    ) {
        self.finding = finding
        self.readAt = readAt
        self.trigger = trigger
        self.satisfied = satisfied
    }
}

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

    /// What is known of the fleet that restrains the host, where it belongs to one.
    var fleet: FleetView? { get }

    /// Asks for a read now, from any thread. The request is satisfied by an event that says so.
    func requestRead() -> ReadRequest
}

extension EntrySource {
    package var fleet: FleetView? { nil }
}
