internal import ArgumentParser
internal import EmergencyStop
internal import EmergencyStopClient

/// Sees to it that what was written is what is served, and says so.
struct EditReport {
    let request: EditRequest
    let result: StopFileEditing.Result
    let path: String
    let json: Bool

    /// Waits until it is in force, and prints what is.
    ///
    /// - Returns: The exit code that says the same: 0 only where everything asked for is served.
    func confirm(_ contact: SidecarContact, within limit: Duration) -> ExitCode {
        var enforcement = Enforcement(goals)
        var times: [WorkflowName: Duration] = [:]
        contact.attempt { connection throws(SidecarError) in
            try follow(connection, &enforcement, &times, until: .now + limit)
        }
        let isOwnFile = contact.attempt { connection throws(SidecarError) in
            try enforcement.isSettled ? SidecarInformation(connection).isServing(path) : true
        }
        guard isOwnFile ?? true else { return sayOtherFile(contact) }
        var code = ExitCode.success
        for goal in goals {
            let runs = runsLeft(of: goal.name, contact)
            let line = Line(
                goal: goal, report: enforcement.report(of: goal), state: enforcement.state(of: goal),
                time: times[goal.name], runs: runs, path: path, problem: contact.error?.description
            )
            line.write(json: json)
            code = Line.worse(code, line.exitCode)
        }
        return code
    }

    private var goals: [Enforcement.Goal] {
        result.plan.accepted.map { name in
            let isChanged = result.changed.contains(name)
            return Enforcement.Goal(
                name: name, status: request.status,
                mark: isChanged ? Enforcement.Mark(by: request.by, at: request.at) : nil,
                witness: result.witness(of: name)
            )
        }
    }

    private func follow(
        _ connection: SidecarConnection, _ enforcement: inout Enforcement,
        _ times: inout [WorkflowName: Duration], until deadline: ContinuousClock.Instant
    ) throws(SidecarError) {
        try connection.send(goals.compactMap { $0.witness.map { .watch($0) } } + [.sync])
        while !enforcement.isDecided {
            guard let line = try connection.line(until: deadline) else { return }
            switch line.understood {
            case .status(let status): enforcement.note(status)
            case .synced: enforcement.noteSettled()
            default: continue
            }
            let elapsed = ContinuousClock.now - result.replacedAt
            for goal in enforcement.goals where enforcement.state(of: goal) == .inForce && times[goal.name] == nil {
                times[goal.name] = elapsed
            }
        }
    }

    /// The runs that the name or pattern matches, and whether that is known to be all of them.
    private func runsLeft(of name: WorkflowName, _ contact: SidecarContact) -> Line.Runs? {
        contact.attempt { connection throws(SidecarError) in
            var runs = Line.Runs()
            let end = try connection.ask(.processes(name)) { line in
                guard case .run(let run) = line.understood else { return }
                runs.count += 1
                if run.isLost { runs.lost += 1 }
            }
            runs.isComplete = end.fields.text("complete") != "no"
            return runs
        }
    }

    private func sayOtherFile(_ contact: SidecarContact) -> ExitCode {
        let other = contact.information?["file"] ?? "another file"
        StandardError.say(
            "\(path) is written, but the sidecar on this socket reads \(Printable.text(other)): nothing of this is in "
                + "force there. Edit that file (--file), or ask the right sidecar (--socket)"
        )
        return .unserved
    }
}
