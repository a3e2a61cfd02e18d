internal import EmergencyStopCore

/// An answer of many lines, written a step at a time as the connection takes them, so that it never has to lie in
/// memory whole and holds nobody up.
enum Answer: Sendable {
    case entries(EntriesAnswer)
    case runs(RunsAnswer)
    case history(HistoryAnswer)
    case text(TextAnswer)

    /// Takes the next step, which writes a line or finds that there is none to write; says whether there are more.
    mutating func step(_ registry: borrowing Registry, to writer: inout LineWriter) -> Bool {
        switch self {
        case .entries(var answer):
            defer { self = .entries(answer) }
            return answer.step(registry, to: &writer)
        case .runs(var answer):
            defer { self = .runs(answer) }
            return answer.step(registry, to: &writer)
        case .history(var answer):
            defer { self = .history(answer) }
            return answer.step(registry, to: &writer)
        case .text(var answer):
            defer { self = .text(answer) }
            return answer.step(registry, to: &writer)
        }
    }
}

/// The answer to `watch` without a name: each entry. Or to `list`: with it who watches and runs it, and behind the
/// entries each name that is watched or run without one.
struct EntriesAnswer: Sendable {
    private let edition: Edition
    private let isList: Bool
    private let withRevisions: Bool
    private var place = 0
    private var otherPlace = 0
    private var others = 0

    init(_ registry: borrowing Registry, isList: Bool, withRevisions: Bool) {
        edition = registry.edition
        self.isList = isList
        self.withRevisions = withRevisions
    }

    mutating func step(_ registry: borrowing Registry, to writer: inout LineWriter) -> Bool {
        if place < edition.count {
            write(edition.snapshot.entries.name(at: place), registry, to: &writer)
            place += 1
            return true
        }
        guard isList else {
            writer.text("watching ")
            writer.number(edition.count)
            writer.end()
            return false
        }
        guard otherPlace < registry.subjects.end else {
            writer.end(count: edition.count + others)
            return false
        }
        if let name = registry.subjects[otherPlace]?.name, edition.snapshot.entries.position(ofName: name) == nil {
            write(name, registry, to: &writer)
            others += 1
        }
        otherPlace += 1
        return true
    }

    private func write(_ name: WorkflowName, _ registry: borrowing Registry, to writer: inout LineWriter) {
        let report = registry.served.report(for: name)
        let subject = isList ? registry.subjects[name] : nil
        StatusLine.write(
            report, withRevisions ? registry.revisions(of: name, report.status) : nil,
            watchers: isList ? subject?.watchers.count ?? 0 : nil, runs: isList ? subject?.runs ?? 0 : nil, to: &writer
        )
    }
}

/// The answer to `ps`.
struct RunsAnswer: Sendable {
    private let name: WorkflowName?
    private let isComplete: Bool
    private var place = 0
    private var count = 0

    init(_ registry: borrowing Registry, matching name: WorkflowName?) {
        self.name = name
        isComplete = registry.reentry.isOver
    }

    mutating func step(_ registry: borrowing Registry, to writer: inout LineWriter) -> Bool {
        guard place < registry.runs.end else {
            writer.text("end ")
            writer.number(count)
            if !isComplete { writer.field("complete", "no") }
            writer.end()
            return false
        }
        place += 1
        guard let run = registry.runs[place - 1], name.map({ $0.matches(run.name) }) ?? true else { return true }
        count += 1
        writer.text("run ")
        writer.name(run.name)
        writer.field("run", run.id.description)
        writer.field("pid", run.process.identity.peer.pid)
        writer.field("uid", run.process.identity.peer.uid)
        writer.field("comm", run.process.command.span)
        writer.field("since", run.since.description)
        writer.field("status", registry.status(of: run).rawValue)
        writer.field("lost", run.isLost ? "yes" : "no")
        writer.end()
        return true
    }
}

/// The answer to `history`, oldest change first.
struct HistoryAnswer: Sendable {
    private let end: Int
    private var next: Int
    private var count = 0

    init(_ registry: borrowing Registry) {
        next = registry.history.oldest
        end = registry.history.end
    }

    mutating func step(_ registry: borrowing Registry, to writer: inout LineWriter) -> Bool {
        // What is forgotten by now is passed over.
        next = max(next, registry.history.oldest)
        guard next < end else {
            writer.end(count: count)
            return false
        }
        registry.history[numbered: next].write(to: &writer)
        next += 1
        count += 1
        return true
    }
}

/// An answer whose lines are there already, but for those of each workflow that has runs.
struct TextAnswer: Sendable {
    private let lines: [String]
    /// Behind so many lines stand those of the runs.
    private let runsAfter: Int?
    private var position = 0
    private var place = 0

    init(_ lines: [String], runsAfter: Int? = nil) {
        self.lines = lines
        self.runsAfter = runsAfter
    }

    mutating func step(_ registry: borrowing Registry, to writer: inout LineWriter) -> Bool {
        if position == runsAfter, place < registry.subjects.end {
            if let subject = registry.subjects[place], subject.runs > 0 {
                var text = OpenMetricsText()
                text.sample(
                    "estop_runs",
                    [("workflow", subject.name.text), ("status", registry.served.status(of: subject.name).rawValue)],
                    subject.runs
                )
                for line in text.lines {
                    writer.text(line)
                    writer.end()
                }
            }
            place += 1
            return true
        }
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
        if let fleet {
            writer.field("fleet", fleet.fleet)
            writer.field("fleet-revision", "\(fleet.revision)")
        }
        writer.end()
    }
}
