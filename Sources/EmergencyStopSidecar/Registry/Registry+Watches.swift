package import EmergencyStop

/// One connection's watch of every entry.
package final class AllWatch {
    let watcher: any Watcher
    fileprivate var slot = 0
    /// The revision up to which the watcher knows everything.
    fileprivate var delivered: UInt64
    /// The revision that it will know when it has read the ledger to its end, and how far it has read.
    fileprivate var reading: (target: UInt64, place: Int)?

    init(watcher: any Watcher, delivered: UInt64) {
        self.watcher = watcher
        self.delivered = delivered
    }
}

extension Registry {
    /// What the last watcher was told: whoever watches the same name and knows as much is told the same.
    struct Told {
        var subject: Subject
        var since: UInt64
        var revision: UInt64
        var withRevisions: Bool
        var lines: [UInt8]
    }

    /// Begins to tell a watcher of a name. What holds now it has to be told by the caller.
    package func watch(_ name: WorkflowName, by watcher: any Watcher) -> Watch {
        let subject = subject(name)
        let watch = Watch(subject: subject, watcher: watcher, delivered: revision)
        subject.add(watch)
        return watch
    }

    package func end(_ watch: Watch) {
        watch.subject.remove(watch)
        forgetIfIdle(watch.subject)
    }

    /// Writes what the watcher does not know yet of what it watches.
    package func tell(_ watch: Watch, withRevisions: Bool, to writer: inout LineWriter) {
        guard watch.isBehind else { return }
        defer { watch.delivered = revision }
        if let told, told.subject === watch.subject, told.since == watch.delivered, told.revision == revision,
            told.withRevisions == withRevisions
        {
            return writer.lines(told.lines)
        }
        let start = writer.count
        write(watch.name, since: watch.delivered, withRevisions: withRevisions, to: &writer)
        told = Told(
            subject: watch.subject, since: watch.delivered, revision: revision, withRevisions: withRevisions,
            lines: Array(writer.bytes[start...])
        )
    }

    /// Begins to tell a watcher of every entry. What holds now it has to be told by the caller.
    package func watchAll(by watcher: any Watcher) -> AllWatch {
        let watch = AllWatch(watcher: watcher, delivered: revision)
        watch.slot = allWatches.count
        allWatches.append(watch)
        return watch
    }

    package func end(_ watch: AllWatch) {
        let last = allWatches.removeLast()
        if last !== watch {
            last.slot = watch.slot
            allWatches[watch.slot] = last
        }
        clearLedger()
    }

    /// Whether there may be something that the watcher does not know yet.
    package func isBehind(_ watch: AllWatch) -> Bool { watch.delivered < revision }

    /// Writes what the watcher does not know yet, until the writer holds so many bytes; says whether that was all.
    package func tell(
        _ watch: AllWatch, withRevisions: Bool, to writer: inout LineWriter, upTo limit: Int
    ) -> Bool {
        while watch.delivered < revision {
            var (target, place) = watch.reading ?? (revision, 0)
            while let next = ledger.next(from: place, after: watch.delivered) {
                guard writer.count < limit else {
                    watch.reading = (target, place)
                    return false
                }
                write(next.name, since: watch.delivered, withRevisions: withRevisions, to: &writer)
                place = next.place + 1
            }
            watch.delivered = target
            watch.reading = nil
        }
        return true
    }

    /// Empties the ledger when nobody has anything to read in it.
    func clearLedger() {
        if !ledger.names.isEmpty, allWatches.allSatisfy({ $0.delivered == revision }) { ledger = ChangeLedger() }
    }

    /// How many connections watch this very name.
    package func watchers(of name: WorkflowName) -> Int { subjects[name]?.watches.count ?? 0 }

    /// The names that somebody watches or runs and the file does not list, in byte order.
    package func namesWithoutEntry() -> [WorkflowName] {
        subjects.keys.filter { served.entries.position(ofName: $0) == nil }.sorted()
    }

    func subject(_ name: WorkflowName) -> Subject {
        if let subject = subjects[name] { return subject }
        let subject = Subject(name: name, report: served.report(for: name), changedAt: revision)
        subjects[name] = subject
        return subject
    }

    func forgetIfIdle(_ subject: Subject) {
        if subject.isIdle { subjects[subject.name] = nil }
    }
}
