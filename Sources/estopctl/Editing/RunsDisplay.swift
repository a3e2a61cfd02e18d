internal import EmergencyStopCore

/// Shows the runs that are waited for: in place on a terminal, else a line whenever their number changes.
struct RunsDisplay {
    let isLive: Bool
    private var block = LiveBlock()
    private var lastSaid: String?

    init(isLive: Bool) {
        self.isLive = isLive
    }

    mutating func show(_ look: RunsLeft.Look, _ elapsed: Duration, of limit: Duration) {
        if isLive {
            block.show(table(look) + [summary(look) + ", \(elapsed.readable) of \(limit.readable)"])
        } else if lastSaid != summary(look) {
            lastSaid = summary(look)
            StandardError.say(summary(look))
        }
    }

    mutating func finish(_ elapsed: Duration, json: Bool) {
        if isLive { block.show([]) }
        if !json { print("no run is left after \(elapsed.readable)") }
    }

    /// The time is over: who is left is what has to be known now.
    mutating func giveUp(_ look: RunsLeft.Look, _ elapsed: Duration, json: Bool) {
        if isLive { block.show([]) }
        if json {
            for run in look.runs { print(JSONLine.text(RunRow(run))) }
        } else if !look.runs.isEmpty {
            for line in table(look) { print(line) }
        }
        StandardError.say("after \(elapsed.readable): \(summary(look))")
    }

    private func table(_ look: RunsLeft.Look) -> [String] {
        var table = Table(RunRow.columns)
        table.rows = look.runs.map { RunRow($0).cells }
        return table.lines(width: LiveBlock.width, style: .standardOutput)
    }

    private func summary(_ look: RunsLeft.Look) -> String {
        if let problem = look.problem { return "which runs are left is not known: \(problem)" }
        let lost = look.runs.count { $0.isLost }
        var text = "\(look.runs.count) \(look.runs.count == 1 ? "run" : "runs") left"
        if lost > 0 { text += ", \(lost) of them lost: the connection broke, the process is still there" }
        if !look.isComplete { text += "; the sidecar is too young to know all runs yet" }
        if let loose = look.loose {
            text += "; the stop of \(Printable.text(loose.name.text)) does not hold: \(StatusRecord(loose).sentence)"
        }
        return text
    }
}
