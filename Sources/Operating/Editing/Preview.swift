internal import EmergencyStopCore

/// What an edit would do, for `--dry-run`: the entries, and every name whose status would change, with who watches and
/// runs it.
struct Preview {
    /// One name before and after.
    struct Row: Hashable, Encodable {
        let kind = "preview"
        var name: String
        var old: String
        var new: String
        var watchers: Int?
        var runs: Int?
    }

    let rows: [Row]

    /// - Parameter present: Who watches and runs what; `nil` where nobody tells.
    init(
        before: EntryTable, after: EntryTable, names: [WorkflowName], present: [WorkflowName: EditRequest.Presence]?
    ) {
        let old = Snapshot(SettledState(condition: .readable, entries: before))
        let new = Snapshot(SettledState(condition: .readable, entries: after))
        // What is taken out stood there before.
        let listed = [before, after].flatMap { table in (0..<table.count).map { table.name(at: $0) } }
        let affected = (listed + (present?.keys.sorted() ?? [])).filter { name in
            names.contains { $0.matches(name) }
        }
        var seen: Set<WorkflowName> = []
        rows = affected.filter { seen.insert($0).inserted }.map { name in
            Row(
                name: name.text,
                old: name.isPattern ? Self.own(name, before) : old.status(of: name).rawValue,
                new: name.isPattern ? Self.own(name, after) : new.status(of: name).rawValue,
                // Nothing runs by a pattern's name.
                watchers: name.isPattern ? nil : present.map { $0[name]?.watchers ?? 0 },
                runs: name.isPattern ? nil : present.map { $0[name]?.runs ?? 0 }
            )
        }
    }

    /// What a pattern's own entry says.
    private static func own(_ name: WorkflowName, _ table: EntryTable) -> String {
        table.entry(name)?.status.rawValue ?? "no entry"
    }

    func write(json: Bool) {
        if json {
            for row in rows { print(JSONLine.text(row)) }
            return print(JSONLine.text(EndRecord(count: rows.count)))
        }
        for row in rows {
            let change = row.old == row.new ? "stays \(row.old)" : "\(row.old) -> \(row.new)"
            let who = row.runs.map { runs in
                ", \(runs) \(runs == 1 ? "run" : "runs"), \(row.watchers ?? 0) watching"
            }
            print("\(Printable.text(row.name)): \(change)\(who ?? "")")
        }
        let changing = rows.filter { $0.old != $0.new && !WorkflowName(validated: $0.name).isPattern }
        let runs = changing.reduce(0) { $0 + ($1.runs ?? 0) }
        let names = "\(changing.count) \(changing.count == 1 ? "workflow" : "workflows") would change"
        let total = rows.contains { $0.runs != nil } ? ", with \(runs) \(runs == 1 ? "run" : "runs") on this host" : ""
        print("\(names)\(total). Nothing changed.")
    }
}
