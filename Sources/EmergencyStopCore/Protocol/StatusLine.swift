/// The line that tells a status: `go NAME`, `pause NAME` or `stop NAME`, then why.
///
/// It is a level, not an event: it says what holds, whatever was said before. That of a pattern begins with what holds
/// for all that it matches, which may be `none`, and has what its own entry does in `restrains`.
package enum StatusLine {
    /// What a client that said `hello` is told besides, so that after a reconnect it can see a stop that it missed.
    package struct Revisions: Sendable, Hashable {
        /// The revision of the snapshot that the line tells of.
        package var current: UInt64
        /// The revision at which the name was last stopped.
        package var stopped: UInt64

        package init(current: UInt64, stopped: UInt64) {
            self.current = current
            self.stopped = stopped
        }
    }

    /// Writes the line for a report, in an answer to `list` with how many watch and run it.
    ///
    /// - Parameter isOfName: Whether it answers what holds for this very name: a pattern that restrains nothing is then
    ///   one that may not run, and no more.
    package static func write(
        _ report: StatusReport, _ revisions: Revisions?, isOfName: Bool = false, watchers: Int? = nil,
        runs: Int? = nil, to writer: inout LineWriter
    ) {
        writer.text(report.isOfIdlePattern && !isOfName ? "\(idle) " : report.status.head)
        writer.text(report.name)
        writer.text(report.cause.field)
        if let reason = report.reason { writer.field("reason", reason) }
        if let by = report.by { writer.field("by", by) }
        if let at = report.at { writer.field("at", at) }
        if let pattern = report.pattern { writer.field("pattern", pattern) }
        if let restrains = report.restrains { writer.field("restrains", word(restrains)) }
        if let watchers { writer.field("watchers", watchers) }
        if let runs { writer.field("runs", runs) }
        finish(revisions, &writer)
    }

    /// Writes the line that a snapshot has for this very name, without making a report of it.
    package static func write(
        _ name: Span<UInt8>, in snapshot: Snapshot, _ revisions: Revisions?, to writer: inout LineWriter
    ) {
        let resolution = snapshot.resolve(name)
        let isPattern = name.count > 0 && name[name.count - 1] == UInt8(ascii: "*")
        let restrains = isPattern ? snapshot.restraint(ofPattern: name) : nil
        writer.text(resolution.status.head)
        writer.name(name)
        writer.text(resolution.cause.field)
        switch resolution.evidence {
        case .settled(let position): write(snapshot.entries, position, to: &writer)
        case .restraint(let position): write(snapshot.restraints, position, to: &writer)
        case .fleet(let position):
            if let fleet = snapshot.fleet { write(fleet.entries, position, to: &writer) }
        case .none:
            if let reason = snapshot.condition.detail { writer.field("reason", reason) }
        }
        if let restrains { writer.field("restrains", word(restrains)) }
        finish(revisions, &writer)
    }

    /// What stands in the place of a status where a pattern restrains nothing, and no other stops all that it matches,
    /// in what is told of entries and changes: to call it go could be taken for leave to run, to call it stop for a stop.
    package static let idle = "none"

    /// What a pattern restrains others to, in a word.
    package static func word(_ restraint: WorkflowStatus) -> String {
        restraint == .go ? idle : restraint.rawValue
    }

    private static func write(_ table: EntryTable, _ position: Int, to writer: inout LineWriter) {
        table.withTexts(at: position) { writer.field($0, $1) }
        if table.isPattern(at: position) { table.withName(at: position) { writer.field("pattern", $0) } }
    }

    private static func finish(_ revisions: Revisions?, _ writer: inout LineWriter) {
        if let revisions {
            writer.field("rev", revisions.current)
            writer.field("stopped", revisions.stopped)
        }
        writer.end()
    }
}

extension WorkflowStatus {
    /// What a line begins with, in one piece: most of what a sidecar writes are such lines.
    fileprivate var head: String {
        switch self {
        case .stop: "stop "
        case .pause: "pause "
        case .go: "go "
        }
    }
}

extension StopCause {
    /// The field of a line, in one piece.
    fileprivate var field: String { Self.fields[Int(code.rawValue)] }

    private static let fields = Code.allCases.map { "\tcause=\(StopCause($0).rawValue)" }
}
