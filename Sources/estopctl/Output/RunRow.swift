internal import EmergencyStopCore
internal import EmergencyStopSystem
internal import Glibc

/// A run as it is shown: whose process it is, and for how long.
struct RunRow: Encodable {
    var name: String
    var status: String?
    var pid: Int?
    var user: String?
    var since: String?
    var lost: Bool
    var command: String?
    /// What names the run on the wire.
    var run: String

    init(_ run: ServerLine.Run) {
        name = run.name.text
        status = run.status?.rawValue
        pid = run.processID
        user = run.userID.map { Accounts.name(ofUser: UInt32(clamping: $0)) ?? "\($0)" }
        since = run.since
        lost = run.isLost
        command = ProcessCommand.text(of: run.processID, named: run.command)
        self.run = run.id.description
    }

    static let columns = [
        Table.Column(title: "NAME", isName: true), Table.Column(title: "STATUS"),
        Table.Column(title: "PID", isNumber: true), Table.Column(title: "USER", minimum: 8, rank: 1),
        Table.Column(title: "AGE", isNumber: true, rank: 2), Table.Column(title: "COMMAND", minimum: 12, rank: 3),
    ]

    var cells: [Table.Cell] {
        let emphasis: Style.Emphasis =
            switch status {
            case "stop": .red
            case "pause": .yellow
            case "go": .green
            default: .plain
            }
        return [
            Table.Cell(name), Table.Cell(lost ? "\(status ?? "?") LOST" : status, lost ? .red : emphasis),
            Table.Cell(pid.map { "\($0)" }), Table.Cell(user),
            Table.Cell(since.flatMap { LocalTime.age($0) }.map(\.readableAge)),
            Table.Cell(command),
        ]
    }
}
