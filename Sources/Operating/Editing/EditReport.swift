internal import EmergencyStop
internal import EmergencyStopCore

/// Sees to it that what was written is what is served, and says so.
struct EditReport {
    let request: EditRequest
    let result: StopFileUpdate.Result
    let path: String
    let json: Bool
    let advice: Advice

    /// How long a sidecar whose last read was of another file is asked to read again.
    private static let doubtLimit = Duration.seconds(1)

    /// Waits until it is in force, and prints what is.
    ///
    /// - Returns: The exit status that says the same: 0 only where everything asked for is served.
    func confirm(_ contact: SidecarContact, within limit: Duration) -> ExitStatus {
        let deadline = ContinuousClock.now + limit
        var enforcement = Enforcement(goals)
        var times: [WorkflowName: Duration] = [:]
        repeat {
            // Another life of the sidecar has to show everything anew.
            enforcement = Enforcement(goals)
            times = [:]
            contact.attempt { connection throws(SidecarError) in
                try follow(connection, &enforcement, &times, until: deadline)
            }
        } while contact.reconnect(until: deadline)
        let trouble = trouble(enforcement, contact)
        var status = ExitStatus.success
        for goal in goals {
            var line = Line(goal: goal, state: .pending, path: path, trouble: trouble, advice: advice)
            if trouble == nil {
                line.report = enforcement.report(of: goal)
                line.state = enforcement.state(of: goal)
                line.time = times[goal.name]
                line.runs = runsLeft(of: goal.name, contact)
                if goal.status == .go, goal.name.isPattern { line.others = restrained(goal.name, contact) }
                // The pattern's own status line does not say so.
                if goal.status == .go, goal.name.isPattern, line.state == .inForce,
                    let other = result.restraint(on: goal.name)
                {
                    line.state = .otherwise
                    line.report = StatusReport(
                        name: goal.name.text, status: other.status, cause: .pattern, pattern: other.name.text,
                        reason: other.reason, by: other.by, at: other.at
                    )
                }
            }
            line.write(json: json)
            status = .worse(status, line.exitStatus)
        }
        return status
    }

    /// Why nothing can be said about what is in force, if nothing can.
    private func trouble(_ enforcement: Enforcement, _ contact: SidecarContact) -> Line.Trouble? {
        let outcome = contact.attempt { connection throws(SidecarError) in try reading(enforcement, connection) }
        if let error = contact.error { return error.isAbsence ? .unserved("\(error)") : .unknown("\(error)") }
        switch outcome ?? .thisFile {
        case .thisFile: return nil
        case .anotherFile:
            return .unserved(
                "the sidecar on this socket reads \(Printable.text(contact.information?["file"] ?? "another file")). "
                    + "Edit that file (--file), or ask the right sidecar (--socket)")
        case .unclear: return .unknown("something keeps replacing the file: find out what")
        }
    }

    private enum Reading {
        case thisFile
        case anotherFile
        case unclear
    }

    /// Which file the sidecar reads.
    private func reading(
        _ enforcement: Enforcement, _ connection: SidecarConnection
    ) throws(SidecarError) -> Reading {
        guard enforcement.isSettled, !enforcement.goals.contains(where: enforcement.isShown),
            try !SidecarInformation(connection).isServing(path)
        else { return .thisFile }
        // Another operator may have replaced it since the sidecar read it. A file that stays and is not the one read
        // thereafter is another.
        let deadline = ContinuousClock.now + Self.doubtLimit
        while ContinuousClock.now < deadline {
            let before = FilePlace(path)
            try connection.send([.sync])
            while true {
                guard let line = try connection.line(until: deadline) else { return .unclear }
                if case .synced = line.understood { break }
            }
            if try SidecarInformation(connection).isServing(path) { return .thisFile }
            if before == FilePlace(path) { return .anotherFile }
        }
        return .unclear
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
        // Not before the edit: this would be a watcher itself, and so make any mistyped name one that is watched.
        try connection.send(goals.flatMap { [$0.name, $0.witness].compactMap(\.self) }.map { .watch($0) } + [.sync])
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

    /// What a pattern matches and is still restrained once it is released.
    private func restrained(_ pattern: WorkflowName, _ contact: SidecarContact) -> [ServerLine.Status]? {
        contact.attempt { connection throws(SidecarError) in
            try connection.list().filter { status in
                status.name != pattern && pattern.matches(status.name) && status.report.cause != .unlisted
                    && status.report.status != .go
            }.sorted { $0.name < $1.name }
        }
    }

    /// The runs that the name or pattern matches, and whether that is known to be all of them.
    private func runsLeft(of name: WorkflowName, _ contact: SidecarContact) -> Line.Runs? {
        contact.attempt { connection throws(SidecarError) in
            let (runs, areComplete) = try connection.runs(of: name)
            return Line.Runs(
                count: runs.count, stopping: runs.count { $0.status == .stop },
                lost: runs.count(where: \.isLost), isComplete: areComplete)
        }
    }
}
