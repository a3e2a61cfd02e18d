internal import EmergencyStop
internal import EmergencyStopCore

/// A status as it is printed, for people or as JSON.
struct StatusRecord: Encodable {
    var name: String
    /// What holds; of a pattern, for all that it matches, or `none`.
    var status: String
    /// What the entry of a pattern does: stop, pause or none.
    var restrains: String?
    var cause: String
    var pattern: String?
    var reason: String?
    var by: String?
    var at: String?
    var watchers: Int?
    var runs: Int?

    init(_ status: ServerLine.Status) {
        self.init(status.report)
        watchers = status.watchers
        runs = status.runs
    }

    init(_ report: StatusReport) {
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
    var sentence: String {
        let origin =
            status == StatusLine.idle
            ? "restrains nothing" : pattern.map { $0 == name ? cause : "\(cause) \($0)" } ?? cause
        let details = [reason, by.map { "by \($0)" }, at.map { "at \(LocalTime.text($0))" }].compactMap(\.self)
        let tail = details.isEmpty ? "" : ": " + details.joined(separator: ", ")
        return Printable.text("\(status) \(name) (\(origin))\(tail)")
    }
}
