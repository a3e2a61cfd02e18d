internal import EmergencyStop
package import EmergencyStopCore
internal import EmergencyStopSystem

/// A change as the sidecar remembers it.
package struct HistoryRecord: Encodable {
    /// `change` of a name, `file` for what became of the whole file, `more` for names that changed with others.
    package var kind: String
    /// The name that changed; `nil` where it is not about one.
    package var name: String?
    /// How many more changed.
    package var count: Int?
    package var time: String?
    package var old: String?
    package var new: String?
    package var cause: String?
    package var pattern: String?
    package var reason: String?
    package var by: String?
    package var at: String?
    package var revision: Int?
    /// The user that the file belonged to.
    package var owner: String?
    package var sha256: String?
    /// The fleet that made the change, where the host's file did not, and the revision that it did so at.
    package var fleet: String?
    package var fleetRevision: Int?

    package init?(_ fields: LineFields) {
        guard let word = fields.word, ["change", "file", "more"].contains(word) else { return nil }
        kind = word
        name = word == "change" ? fields.argumentText : nil
        count = word == "more" ? Int(fields.argumentText) : nil
        time = fields.text("time")
        old = fields.text("old")
        new = fields.text("new")
        cause = fields.text("cause")
        pattern = fields.text("pattern")
        reason = fields.text("reason")
        by = fields.text("by")
        at = fields.text("at")
        revision = fields.count("rev")
        owner = fields.count("owner").map { Accounts.name(ofUser: UInt32(clamping: $0)) ?? "\($0)" }
        sha256 = fields.text("sha256")
        fleet = fields.text("fleet")
        fleetRevision = fields.count("fleet-revision")
    }

    /// The name that changed, as one.
    package var workflow: WorkflowName? { name.flatMap { try? WorkflowName($0) } }

    /// Whether anything became other than it was: a file that was read again and says the same is no news.
    package var isChange: Bool { kind != "file" || old != new }

    /// Whether one of the names is meant: that the file cannot be read any more, say, concerns all. That it was read as
    /// before does not.
    package func concerns(_ names: [WorkflowName]) -> Bool {
        if let workflow { return names.contains { $0.matches(workflow) } }
        return isChange
    }

    package static let columns = [
        Table.Column(title: "NAME", isName: true), Table.Column(title: "CHANGE"),
        Table.Column(title: "BY", minimum: 8, rank: 5), Table.Column(title: "REASON", minimum: 12, rank: 4),
        // Without how long ago.
        Table.Column(title: "TIME", minimum: 8, rank: 3, isTime: true),
        Table.Column(title: "CAUSE", minimum: 17, rank: 2),
        Table.Column(title: "OWNER", minimum: 6, rank: 1),
    ]

    private var change: String? {
        guard let new else { return nil }
        return kind == "file" && old == new ? "settled" : "\(old ?? "?") -> \(new)"
    }

    /// Whether it is about the fleet as a whole.
    private var isOfFleet: Bool { [old, new].contains { $0?.hasPrefix("fleet-") ?? false } }

    package var cells: [Table.Cell] {
        let status = new == "released" ? .go : new.flatMap { WorkflowStatus(rawValue: $0) }
        let emphasis = status.map { Style.Emphasis($0) } ?? .bold
        let shown = name ?? count.map { "(\($0) more names)" } ?? (isOfFleet ? "(the fleet)" : "(the file)")
        return [
            Table.Cell(shown), Table.Cell(change, emphasis), Table.Cell(by), Table.Cell(reason),
            Table.Cell(time.map(LocalTime.column), .dim),
            Table.Cell(pattern.map { "\(cause ?? "pattern") \($0)" } ?? cause),
            Table.Cell(owner),
        ]
    }
}
