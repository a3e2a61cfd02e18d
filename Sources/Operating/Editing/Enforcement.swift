internal import EmergencyStop
internal import EmergencyStopCore

/// Whether what an operator asked for is what the sidecar serves.
///
/// A stop or pause is in force as soon as a status line shows the very entry that was written, for restraints act at
/// the first read; everything else only once the sidecar has settled on the file as it was written or a later one. That
/// goes for what the file said already, too: the same status may be served for another reason, or out of another file.
struct Enforcement {
    /// What is to be served for one name.
    struct Goal: Hashable {
        var name: WorkflowName
        var status: WorkflowStatus
        /// What was written beside it; `nil` where the file said so already.
        var mark: Mark?
        /// For a pattern, a name that it matches: its own status line shows a new pattern only once it has settled.
        var witness: WorkflowName?
    }

    /// What tells an entry from an earlier one that says the same.
    struct Mark: Hashable {
        var by: String?
        var at: String?
    }

    enum State: Hashable {
        case pending
        case inForce
        /// The file is served, and what holds is something else.
        case otherwise
    }

    let goals: [Goal]
    private var reports: [WorkflowName: StatusReport] = [:]
    /// Whether what was written, or something later, has settled.
    private(set) var isSettled = false

    init(_ goals: [Goal]) {
        self.goals = goals
    }

    mutating func note(_ status: ServerLine.Status) {
        reports[status.name] = status.report
    }

    /// The file, read after it was written, has settled, and every status line before it is noted.
    mutating func noteSettled() {
        isSettled = true
    }

    /// What is served for a name, as far as it is known.
    func report(of goal: Goal) -> StatusReport? { reports[goal.name] }

    var isDecided: Bool { goals.allSatisfy { state(of: $0) != .pending } }

    func state(of goal: Goal) -> State {
        guard let report = reports[goal.name] else { return .pending }
        if isSettled { return holds(goal, report) ? .inForce : .otherwise }
        return goal.status != .go && isShown(goal) ? .inForce : .pending
    }

    /// Whether a status line has shown the very entry that was written, so that the file is the sidecar's.
    func isShown(_ goal: Goal) -> Bool {
        guard let mark = goal.mark else { return false }
        return [reports[goal.name], goal.witness.flatMap { reports[$0] }].contains { report in
            report?.status == goal.status && report?.by == mark.by && report?.at == mark.at
        }
    }

    private func holds(_ goal: Goal, _ report: StatusReport) -> Bool {
        // A pattern that restrains nothing is what was asked for; its own status line says unlisted, or what else
        // restrains it. Where the file as a whole stops everything, nothing was released.
        if goal.status == .go, goal.name.isPattern {
            return report.cause == .unlisted || report.cause == .pattern && report.pattern != goal.name.text
        }
        return goal.status == .stop ? report.isStopInForce : report.status == goal.status
    }
}

extension StatusReport {
    /// Whether it says that the name is stopped, or for a pattern what it matches: a pattern's own line says stop even
    /// where the pattern is not listed and stops nothing.
    var isStopInForce: Bool { status == .stop && !isOfIdlePattern }
}
