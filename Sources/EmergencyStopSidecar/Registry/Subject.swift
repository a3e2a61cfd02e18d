package import EmergencyStop

/// A name that somebody watches or runs.
final class Subject {
    let name: WorkflowName
    /// What watchers have been told, or are being told.
    fileprivate(set) var report: StatusReport
    /// The revision at which the report became what it is.
    fileprivate(set) var changedAt: UInt64
    private(set) var watches: [Watch] = []
    var runs = 0

    init(name: WorkflowName, report: StatusReport, changedAt: UInt64) {
        self.name = name
        self.report = report
        self.changedAt = changedAt
    }

    var isIdle: Bool { watches.isEmpty && runs == 0 }

    /// Takes the report that holds at a revision, and says whether there is something to tell: another report than
    /// before, or a stop between.
    func update(_ report: StatusReport, at revision: UInt64, isNews: Bool) -> Bool {
        guard isNews || report != self.report else { return false }
        self.report = report
        changedAt = revision
        return true
    }

    func add(_ watch: Watch) {
        watch.slot = watches.count
        watches.append(watch)
    }

    /// Removes a watch in constant time: the last one takes its place.
    func remove(_ watch: Watch) {
        let last = watches.removeLast()
        if last !== watch {
            last.slot = watch.slot
            watches[watch.slot] = last
        }
    }
}

/// One connection's watch of one name.
package final class Watch {
    let subject: Subject
    let watcher: any Watcher
    fileprivate(set) var slot = 0
    /// Whether the watcher has noted that there is something to tell; the watcher's own.
    package var isNoted = false
    /// The revision up to which the watcher knows everything about the name.
    var delivered: UInt64

    init(subject: Subject, watcher: any Watcher, delivered: UInt64) {
        self.subject = subject
        self.watcher = watcher
        self.delivered = delivered
    }

    package var name: WorkflowName { subject.name }

    /// Whether there is something about the name that the watcher has not been told.
    var isBehind: Bool { subject.changedAt > delivered }
}

/// Somebody who wants to be told, in practice a connection. The registry calls it on its event loop.
package protocol Watcher: AnyObject {
    /// What is watched has changed. The watcher asks ``Registry/tell(_:to:)`` for the lines when it can take them.
    func watchChanged(_ watch: Watch)
    /// Some entry has changed, for those who watch all.
    func entriesChanged()
    /// A read that was asked for has settled and is applied.
    func synced(revision: UInt64)
}
