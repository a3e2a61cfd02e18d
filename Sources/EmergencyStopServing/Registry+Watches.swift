package import EmergencyStopCore

/// A session's watch of one name.
struct Watch: Sendable {
    /// The revision up to which the session knows everything about the name.
    var delivered: UInt64
    /// Whether the session has noted that there is something to tell.
    var isNoted = false
}

/// A session's watch of every entry.
struct AllWatch: Sendable {
    /// The revision up to which the session knows everything.
    var delivered: UInt64
    /// Whether there was more to tell than is remembered: the session has to begin anew.
    var isLost = false
    /// What it is being told, which leads up to another revision.
    var reading: Reading?

    struct Reading: Sendable {
        var target: UInt64
        /// Names that have changed, or where those are too many to be remembered, those that have no entry any more.
        var names: [WorkflowName]
        var nextName = 0
        /// Where they are too many, the edition whose entries have changed since the one of this number.
        var edition: Edition?
        var nextPlace = 0
        var number: UInt64 = 0
        /// Whether there are names without an entry that are not remembered.
        var isIncomplete = false

        var isOver: Bool { nextName == names.count && nextPlace >= edition?.count ?? 0 }
    }
}

extension Registry {
    /// What the last watcher was told: whoever watches the same name and knows as much is told the same.
    struct Told: Sendable {
        var place: Int
        var since: UInt64
        var revision: UInt64
        var withRevisions: Bool
        var lines: [UInt8]
    }

    /// Begins to tell a session of a name. What holds now it has to be told by the caller.
    mutating func watch(_ name: WorkflowName, by session: SessionID) -> (place: Int, Watch) {
        let place = place(of: name)
        subjects.change(at: place) { $0.watchers.insert(session) }
        return (place, Watch(delivered: revision))
    }

    mutating func unwatch(_ place: Int, by session: SessionID, of peer: Peer) {
        subjects.change(at: place) { $0.watchers.remove(session) }
        quotas.giveBack(.watches, peer.uid)
    }

    /// The place of a name among the subjects, which it gets where it had none.
    mutating func place(of name: WorkflowName) -> Int {
        subjects.place(of: name)
            ?? subjects.insert(Subject(name: name, report: served.report(for: name), changedAt: revision))
    }

    /// The sessions that watch the name at this place.
    package func watchers(at place: Int) -> [SessionID] { subjects[place]?.watchers.sessions ?? [] }

    /// Writes what a session does not know yet of what it watches.
    mutating func tell(
        _ watch: inout Watch, of place: Int, withRevisions: Bool, to writer: inout LineWriter
    ) {
        guard let subject = subjects[place], subject.changedAt > watch.delivered else { return }
        defer { watch.delivered = revision }
        if let told, told.place == place, told.since == watch.delivered, told.revision == revision,
            told.withRevisions == withRevisions
        {
            return writer.lines(told.lines.span)
        }
        let start = writer.count
        write(subject.name, since: watch.delivered, withRevisions: withRevisions, to: &writer)
        told = Told(
            place: place, since: watch.delivered, revision: revision, withRevisions: withRevisions,
            lines: Array(writer.bytes[start...])
        )
    }

    /// How many connections watch this very name.
    package func watchers(of name: WorkflowName) -> Int { subjects[name]?.watchers.count ?? 0 }
}

// MARK: - Those who watch all

extension Registry {
    /// How many entries one step looks at.
    private static let entriesPerStep = 256

    mutating func watchAll(by session: SessionID) -> AllWatch {
        allWatchers.insert(session)
        return AllWatch(delivered: revision)
    }

    mutating func unwatchAll(by session: SessionID) { allWatchers.remove(session) }

    /// The sessions that watch every entry.
    package var sessionsThatWatchAll: Set<SessionID> { allWatchers }

    /// Writes what a session does not know yet of all, as much of it as the turn allows; says whether that was all.
    func tell(
        _ watch: inout AllWatch, withRevisions: Bool, in turn: inout Turn, to writer: inout LineWriter
    ) -> Bool {
        while watch.delivered < revision {
            var reading = watch.reading ?? beginReading(since: watch.delivered)
            if reading.isIncomplete { watch.isLost = true }
            while let name = nextName(&reading, &turn, written: writer.count) {
                write(name, since: watch.delivered, withRevisions: withRevisions, to: &writer)
            }
            guard reading.isOver else {
                watch.reading = reading
                return false
            }
            watch.delivered = reading.target
            watch.reading = nil
        }
        return true
    }

    private func beginReading(since delivered: UInt64) -> AllWatch.Reading {
        if let names = recent.names(since: delivered) { return AllWatch.Reading(target: revision, names: names) }
        let gone = edition.gone(since: delivered > offset ? delivered - offset : 0)
        return AllWatch.Reading(
            target: revision, names: gone ?? [], edition: edition,
            // Where the lease has lapsed since, all are other than before.
            number: delivered < allChangedAt ? 0 : delivered - offset,
            isIncomplete: gone == nil
        )
    }

    /// The next name to tell of, as far as the turn allows a look.
    private func nextName(_ reading: inout AllWatch.Reading, _ turn: inout Turn, written: Int) -> WorkflowName? {
        while !reading.isOver, turn.allowsStep(written: written) {
            if reading.nextName < reading.names.count {
                defer { reading.nextName += 1 }
                return reading.names[reading.nextName]
            }
            guard let edition = reading.edition else { return nil }
            let end = min(edition.count, reading.nextPlace + Self.entriesPerStep)
            if let place = edition.firstChange(in: reading.nextPlace..<end, since: reading.number) {
                reading.nextPlace = place + 1
                return edition.snapshot.entries.name(at: place)
            }
            reading.nextPlace = end
        }
        return nil
    }
}
