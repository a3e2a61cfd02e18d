internal import EmergencyStop
internal import EmergencyStopCore

/// A status as a row of a table.
enum StatusRow {
    static let columns = [
        Table.Column(title: "STATUS"), Table.Column(title: "NAME", isName: true),
        Table.Column(title: "CAUSE", minimum: 17, rank: 6), Table.Column(title: "RUNS", isNumber: true, rank: 3),
        Table.Column(title: "WATCHERS", isNumber: true, rank: 1), Table.Column(title: "BY", minimum: 8, rank: 4),
        // To the minute.
        Table.Column(title: "AT", minimum: 17, rank: 2), Table.Column(title: "REASON", minimum: 12, rank: 5),
    ]

    static func cells(_ status: ServerLine.Status) -> [Table.Cell] {
        let report = status.report
        let pattern = report.pattern.flatMap { $0 == report.name ? nil : $0 }
        let isIdle = report.isOfIdlePattern
        return [
            isIdle ? Table.Cell("-", .dim) : Table.Cell(report.status.rawValue, Style.Emphasis(report.status)),
            Table.Cell(report.name),
            Table.Cell(isIdle ? "restrains nothing" : pattern.map { "pattern \($0)" } ?? report.cause.rawValue),
            Table.Cell(count(status.runs)), Table.Cell(count(status.watchers), .dim),
            Table.Cell(report.by), Table.Cell(report.at.map(LocalTime.text), .dim), Table.Cell(report.reason),
        ]
    }

    private static func count(_ number: Int?) -> String? { number.map { $0 == 0 ? "-" : "\($0)" } }
}
