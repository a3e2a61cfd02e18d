package import EmergencyStopCore

/// What a source of entries tells about one read, in the order of the reads.
///
/// This is all that the rest of the sidecar knows of where entries come from: another source than the file, a
/// key-value store for a fleet say, has to say these things and no others.
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
