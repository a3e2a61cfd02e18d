internal import EmergencyStop
package import EmergencyStopCore

/// A status as it is printed, for people or as JSON.
package struct StatusRecord: Encodable {
    private let kind = "status"
    /// When it was seen to change; only where changes are followed.
    package var time: String?
    package var name: String
    /// What holds; of a pattern, for all that it matches, or `none`.
    package var status: String
    /// What the entry of a pattern does: stop, pause or none.
    package var restrains: String?
    package var cause: String
    package var pattern: String?
    package var reason: String?
    package var by: String?
    package var at: String?
    package var watchers: Int?
    package var runs: Int?

    package init(_ status: ServerLine.Status) {
        self.init(status.report)
        watchers = status.watchers
        runs = status.runs
    }

    package init(_ report: StatusReport) {
        name = report.name
        status = report.word
        restrains = report.restrains.map(StatusLine.word)
        cause = report.cause.rawValue
        pattern = report.pattern
        reason = report.reason
        by = report.by
        at = report.at
    }

    /// One line: `stop SatelliteDiskErase (pattern Satellite*): INC-4711, by alice, at 2026-11-24 13:00:00+01:00`.
    package var sentence: String {
        let origin =
            status == StatusLine.idle
            ? "restrains nothing" : pattern.map { $0 == name ? cause : "\(cause) \($0)" } ?? cause
        let details = [reason, by.map { "by \($0)" }, at.map { "at \(LocalTime.column($0))" }].compactMap(\.self)
        let tail = details.isEmpty ? "" : ": " + details.joined(separator: ", ")
        return Printable.text("\(status) \(name) (\(origin))\(tail)")
    }
}

/// A status as a row of a table.
package enum StatusRow {
    package static let columns = [
        Table.Column(title: "STATUS"), Table.Column(title: "NAME", isName: true),
        Table.Column(title: "CAUSE", minimum: 17, rank: 6), Table.Column(title: "RUNS", isNumber: true, rank: 3),
        Table.Column(title: "WATCHERS", isNumber: true, rank: 1), Table.Column(title: "BY", minimum: 8, rank: 4),
        // Without how long ago.
        Table.Column(title: "AT", minimum: 8, rank: 2, isTime: true),
        Table.Column(title: "REASON", minimum: 12, rank: 5),
    ]

    package static func cells(_ status: ServerLine.Status) -> [Table.Cell] {
        let report = status.report
        let pattern = report.pattern.flatMap { $0 == report.name ? nil : $0 }
        let isIdle = report.isOfIdlePattern
        return [
            isIdle ? Table.Cell("-", .dim) : Table.Cell(report.status.rawValue, Style.Emphasis(report.status)),
            Table.Cell(report.name),
            Table.Cell(isIdle ? "restrains nothing" : pattern.map { "\(report.cause) \($0)" } ?? report.cause.rawValue),
            Table.Cell(count(status.runs)), Table.Cell(count(status.watchers), .dim),
            Table.Cell(report.by), Table.Cell(report.at.map(LocalTime.column), .dim), Table.Cell(report.reason),
        ]
    }

    /// Whether one is shown before another: what is restrained most first, then by name.
    package static func precedes(_ one: ServerLine.Status, _ other: ServerLine.Status) -> Bool {
        (one.report.restraint, one.name) < (other.report.restraint, other.name)
    }

    private static func count(_ number: Int?) -> String? { number.map { $0 == 0 ? "-" : "\($0)" } }
}

extension StatusReport {
    /// What holds, in a word: `none` for a pattern that restrains nothing.
    package var word: String { isOfIdlePattern ? StatusLine.idle : status.rawValue }

    /// How much it restrains.
    var restraint: WorkflowStatus { isOfIdlePattern ? .go : status }

    /// Whether it is the same for every name: nothing that an entry says is believed.
    package var isOfEveryName: Bool {
        [
            .missingFile, .unreadableFile, .malformedFile, .stale, .unreachable, .fleetMissing, .fleetMalformed,
            .fleetStale,
        ].contains(cause)
    }

    /// Whether the file has no entry for the name, and no pattern.
    package var isWithoutEntry: Bool { cause == .unlisted && pattern == nil }
}
