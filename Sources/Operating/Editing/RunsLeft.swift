internal import EmergencyStopCore
internal import Glibc
internal import Resilience

/// Waits until no run is left, and shows those that are.
struct RunsLeft {
    /// How often the sidecar is asked: runs end without a word to those who did not start them.
    private static let interval = Duration.milliseconds(200)
    /// How long a look may take at least, however short the time that is left.
    private static let shortestLook = Duration.milliseconds(200)

    let names: [WorkflowName]
    let endpoint: SidecarEndpoint
    let json: Bool

    /// What one look found.
    struct Look {
        var runs: [ServerLine.Run] = []
        /// Whether the sidecar knows all runs: a young one does not.
        var isComplete = true
        var problem: SidecarError?
        /// What holds for a name that is not stopped, as when somebody releases it meanwhile: it may start at any moment.
        var loose: ServerLine.Status?

        /// Whether nothing is left for certain.
        var isOver: Bool { runs.isEmpty && isComplete && problem == nil && loose == nil }
    }

    /// Returns 0 once nothing is left, or 4 with the list.
    func wait(for limit: Duration) -> ExitStatus {
        let start = ContinuousClock.now
        var display = RunsDisplay(isLive: Terminal.isRedrawable && !json)
        var connection: SidecarConnection?
        while true {
            let left = limit - (ContinuousClock.now - start)
            let look = look(&connection, within: max(Self.shortestLook, min(left, endpoint.timeout)))
            let elapsed = ContinuousClock.now - start
            if look.isOver {
                display.finish(elapsed, json: json)
                return .success
            }
            guard elapsed < limit else {
                display.giveUp(look, elapsed, json: json)
                return .timedOut
            }
            display.show(look, elapsed, of: limit)
            let pause = min(Self.interval, limit - elapsed)
            usleep(UInt32(max(1_000, pause / .microseconds(1))))
        }
    }

    private func look(_ connection: inout SidecarConnection?, within limit: Duration) -> Look {
        var look = Look()
        do throws(SidecarError) {
            let open: SidecarConnection
            if let connection {
                open = connection
            } else {
                open = try SidecarConnection(to: endpoint.path, limit: limit)
            }
            open.limit = limit
            connection = open
            var seen: Set<RunID> = []
            for name in names {
                let end = try open.ask(.processes(name)) { line in
                    guard case .run(let run) = line.understood, seen.insert(run.id).inserted else { return }
                    look.runs.append(run)
                }
                if end.fields.text("complete") == "no" { look.isComplete = false }
            }
            for name in names {
                let status = try open.status(of: name)
                if !status.report.isStopInForce { look.loose = status }
            }
        } catch {
            connection = nil
            look.problem = error
        }
        return look
    }
}

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
            // All but the title, the line below, and what was said before: that the stop is in force stays to be seen.
            let fitting = max(1, LiveBlock.height - 3)
            let hidden = look.runs.count - fitting
            let more = hidden > 0 ? " (\(hidden) not shown)" : ""
            block.show(
                table(look.runs.prefix(fitting)) + [summary(look) + more + ", \(elapsed.readable) of \(limit.readable)"]
            )
        } else if lastSaid != summary(look) {
            lastSaid = summary(look)
            StandardError.say(summary(look))
        }
    }

    mutating func finish(_ elapsed: Duration, json: Bool) {
        if isLive { block.show([]) }
        print(json ? JSONLine.text(EndRecord(count: 0, isComplete: true)) : "no run is left after \(elapsed.readable)")
    }

    /// The time is over: who is left is what has to be known now.
    mutating func giveUp(_ look: RunsLeft.Look, _ elapsed: Duration, json: Bool) {
        if isLive { block.show([]) }
        if json {
            for run in look.runs { print(JSONLine.text(RunRow(run))) }
            if let problem = look.problem { print(JSONLine.text(ErrorRecord(problem.code, problem.description))) }
            if let loose = look.loose { print(JSONLine.text(StatusRecord(loose))) }
            print(JSONLine.text(EndRecord(count: look.runs.count, isComplete: look.isComplete && look.problem == nil)))
        } else if !look.runs.isEmpty {
            for line in table(look.runs[...]) { print(line) }
        }
        StandardError.say("after \(elapsed.readable): \(summary(look))")
    }

    private func table(_ runs: ArraySlice<ServerLine.Run>) -> [String] {
        var table = Table(RunRow.columns)
        table.rows = runs.map { RunRow($0).cells }
        return table.lines(width: LiveBlock.width, style: .standardOutput)
    }

    private func summary(_ look: RunsLeft.Look) -> String {
        if let problem = look.problem { return "which runs are left is not known: \(problem)" }
        let lost = look.runs.count { $0.isLost }
        var text = "\(look.runs.count) \(look.runs.count == 1 ? "run" : "runs") left"
        if lost > 0 { text += ", \(lost) of them lost: the connection broke, the process is still there" }
        if !look.isComplete { text += "; the sidecar just started; the run list may be incomplete" }
        if let loose = look.loose {
            text += "; the stop of \(Printable.text(loose.name.text)) does not hold: \(StatusRecord(loose).sentence)"
        }
        return text
    }
}
