internal import EmergencyStop
internal import EmergencyStopCore
internal import Glibc
internal import Resilience

/// Shows what `watch` knows: a table in place on a terminal, else a line for each change.
struct WatchDisplay {
    private let json: Bool
    private let isLive: Bool
    private var block = LiveBlock()
    private var lastShown: [String] = []
    private var lastProblem: String?

    init(json: Bool) {
        self.json = json
        isLive = Terminal.isRedrawable && !json
    }

    /// Prints a change, unless a table shows it.
    func change(_ report: StatusReport) {
        guard !isLive else { return }
        var record = StatusRecord(ServerLine.Status(name: WorkflowName(validated: report.name), report: report))
        if json {
            record.time = WallClock.now
            print(JSONLine.text(record))
        } else {
            print("\(LocalTime.text(WallClock.now)) \(record.sentence)")
        }
        StandardOutput.flushOrEnd()
    }

    /// Draws the table again where it has changed.
    mutating func show(_ view: WatchView, problem: SidecarError?) {
        guard isLive, let size = Terminal.size else { return say(problem) }
        let now = ContinuousClock.now
        var table = Table(
            [Table.Column(title: " ")] + StatusRow.columns.filter { !["RUNS", "WATCHERS"].contains($0.title) })
        let rows = view.sorted
        // All but the title and the line below.
        let fitting = max(1, LiveBlock.height - 2)
        table.rows = rows.prefix(fitting).map { row in
            let status = ServerLine.Status(name: WorkflowName(validated: row.report.name), report: row.report)
            var cells = StatusRow.cells(status)
            cells.removeSubrange(3...4)
            return [Table.Cell(row.isFresh(at: now) ? "*" : "", .bold)] + cells
        }
        var lines = table.lines(width: LiveBlock.width, style: .standardOutput)
        lines.append(footer(rows, hidden: rows.count - fitting, view, problem, width: size.columns))
        guard lines != lastShown else { return }
        lastShown = lines
        block.show(lines)
    }

    /// Says once beside the output what is wrong.
    private mutating func say(_ problem: SidecarError?) {
        defer { lastProblem = problem?.description }
        guard let problem, problem.description != lastProblem else { return }
        StandardError.say("\(problem); trying again. After \(WatchView.lease.readable) everything counts as stop")
    }

    private func footer(
        _ rows: [WatchView.Row], hidden: Int, _ view: WatchView, _ problem: SidecarError?, width: Int
    ) -> String {
        var parts = [WorkflowStatus.stop, .pause, .go].map { status in
            "\(rows.count { $0.report.status == status && !$0.report.isOfIdlePattern }) \(status)"
        }
        if hidden > 0 { parts.append("\(hidden) more not shown") }
        if let problem {
            parts.append(problem.description)
        } else if !view.isReachable {
            parts.append("no answer from the sidecar")
        }
        return Style.standardOutput.apply(.dim, to: DisplayWidth.cut(parts.joined(separator: ", "), to: width - 1))
    }
}
