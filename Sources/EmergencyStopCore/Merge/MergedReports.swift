/// What a reader that is behind has still to be told of one name: the latest report, and before it a stop that came
/// and went meanwhile.
///
/// Statuses are levels, so of those that a reader has missed only the latest matters, with one exception: a stop is
/// never skipped. Two reports are therefore the most that ever wait, however slow the reader.
package struct MergedReports: Sendable {
    private var stop: StatusReport?
    private var latest: StatusReport?
    /// What was handed out last, so that nothing is told twice in a row.
    private var told: StatusReport?

    package init() {}

    /// Whether nothing waits.
    package var isEmpty: Bool { latest == nil }

    /// Adds a report, which supersedes the ones before it except a stop.
    package mutating func offer(_ report: StatusReport) {
        if let latest, latest.status == .stop, report.status != .stop { stop = latest }
        if report.status == .stop { stop = nil }
        latest = stop == nil && report == told ? nil : report
    }

    /// Takes the next report to tell.
    package mutating func take() -> StatusReport? {
        let next = stop ?? latest
        guard let next else { return nil }
        if stop != nil { stop = nil } else { latest = nil }
        told = next
        return next
    }
}
