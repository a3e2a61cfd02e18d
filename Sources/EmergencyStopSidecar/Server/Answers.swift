internal import EmergencyStop

/// An answer of many lines, written a line at a time as the connection takes them, so that it never has to lie in
/// memory whole.
protocol Answer: AnyObject {
    /// Writes the next line; says whether there are more.
    func writeNext(to writer: inout LineWriter) -> Bool
}

/// The answer to `watch` without a name.
final class WatchAllAnswer: Answer {
    private let registry: Registry
    private let entries: EntryTable
    private let withRevisions: Bool
    private var position = 0

    init(_ registry: Registry, withRevisions: Bool) {
        self.registry = registry
        self.entries = registry.served.entries
        self.withRevisions = withRevisions
    }

    func writeNext(to writer: inout LineWriter) -> Bool {
        guard position < entries.count else {
            writer.text("watching ")
            writer.number(entries.count)
            writer.end()
            return false
        }
        let name = entries.name(at: position)
        let report = registry.served.report(for: name)
        StatusLine.write(report, withRevisions ? registry.revisions(of: name, report.status) : nil, to: &writer)
        position += 1
        return true
    }
}

/// The answer to `list`: each entry, then each name that is watched or run without one.
final class ListAnswer: Answer {
    private let registry: Registry
    private let entries: EntryTable
    private let others: [WorkflowName]
    private let withRevisions: Bool
    private var position = 0

    init(_ registry: Registry, withRevisions: Bool) {
        self.registry = registry
        self.entries = registry.served.entries
        self.others = registry.namesWithoutEntry()
        self.withRevisions = withRevisions
    }

    func writeNext(to writer: inout LineWriter) -> Bool {
        let count = entries.count + others.count
        guard position < count else {
            writer.end(count: count)
            return false
        }
        let name = position < entries.count ? entries.name(at: position) : others[position - entries.count]
        let report = registry.served.report(for: name)
        StatusLine.write(
            report, withRevisions ? registry.revisions(of: name, report.status) : nil,
            watchers: registry.watchers(of: name), runs: registry.runs(of: name), to: &writer
        )
        position += 1
        return true
    }
}

/// The answer to `ps`.
final class ProcessesAnswer: Answer {
    private let registry: Registry
    private let runs: [Run]
    private let isComplete: Bool
    private var position = 0

    init(_ registry: Registry, matching name: WorkflowName?) {
        self.registry = registry
        self.runs = registry.runs(matching: name)
        self.isComplete = registry.reentry.isOver
    }

    func writeNext(to writer: inout LineWriter) -> Bool {
        guard position < runs.count else {
            writer.text("end ")
            writer.number(runs.count)
            if !isComplete { writer.field("complete", "no") }
            writer.end()
            return false
        }
        let run = runs[position]
        writer.text("run ")
        writer.name(run.name)
        writer.field("run", run.id.description)
        writer.field("pid", run.process.peer.pid)
        writer.field("uid", run.process.peer.uid)
        writer.field("comm", run.command.span)
        writer.field("since", run.since.description)
        writer.field("status", registry.served.status(of: run.name).rawValue)
        writer.field("lost", run.isLost ? "yes" : "no")
        writer.end()
        position += 1
        return true
    }
}

/// The answer to `history`, oldest change first.
final class HistoryAnswer: Answer {
    private let history: History
    private var position = 0

    init(_ registry: Registry) {
        self.history = registry.history
    }

    func writeNext(to writer: inout LineWriter) -> Bool {
        guard position < history.count else {
            writer.end(count: history.count)
            return false
        }
        history[position].write(to: &writer)
        position += 1
        return true
    }
}

/// An answer whose lines are there already.
final class TextAnswer: Answer {
    private let lines: [String]
    private var position = 0

    init(_ lines: [String]) {
        self.lines = lines
    }

    func writeNext(to writer: inout LineWriter) -> Bool {
        guard position < lines.count else { return false }
        writer.text(lines[position])
        writer.end()
        position += 1
        return position < lines.count
    }
}

extension LineWriter {
    fileprivate mutating func end(count: Int) {
        text("end ")
        number(count)
        end()
    }
}

extension History.Record {
    /// Writes the record as a line of the answer to `history`.
    func write(to writer: inout LineWriter) {
        switch subject {
        case .name(let name, let old, let new):
            writer.text("change ")
            writer.name(name)
            writer.field("time", time.description)
            writer.field("old", old.word(asNews: false))
            writer.field("new", new.word(asNews: true))
            writer.field("cause", new.cause.rawValue)
            if let reason = new.reason { writer.field("reason", reason) }
            if let by = new.by { writer.field("by", by) }
            if let at = new.at { writer.field("at", at) }
            if let pattern = new.pattern { writer.field("pattern", pattern) }
        case .condition(let old, let new):
            writer.text("file ")
            writer.text(new.word)
            writer.field("time", time.description)
            writer.field("old", old.word)
            writer.field("new", new.word)
            if let detail = new.detail { writer.field("reason", detail) }
        case .more(let names):
            writer.text("more ")
            writer.number(names)
            writer.field("time", time.description)
        }
        writer.field("rev", revision)
        if let provenance {
            writer.field("owner", provenance.owner)
            writer.field("device", provenance.device)
            writer.field("inode", provenance.inode)
            writer.field("sha256", provenance.sha256)
        }
        writer.end()
    }
}
