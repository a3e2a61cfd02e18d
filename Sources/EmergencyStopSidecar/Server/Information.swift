internal import EmergencyStopCore
internal import EmergencyStopServing
internal import Glibc

extension ServerContext {
    /// The lines that answer `info`: what runs here, on what, and how it is.
    func information(_ now: ContinuousClock.Instant) -> [String] {
        let served = registry.served
        var facts: [(String, String)] = [
            ("version", registry.life.version),
            ("instance", registry.life.instance.description),
            ("pid", "\(getpid())"),
            ("started", startTime.description),
            ("file", source.name),
            ("socket", configuration.socketPath),
            ("socket-state", socketPresence.rawValue),
            ("condition", served.condition.word),
        ]
        if let detail = served.condition.detail { facts.append(("problem", detail)) }
        facts += [
            ("entries", "\(served.entries.count)"),
            ("patterns", "\(served.entries.patternPositions.count)"),
            ("warnings", "\(served.warnings.count)"),
            ("unsettled-restraints", "\(served.restraints.count)"),
            ("revision", "\(registry.revision)"),
            ("ttl-ms", "\(registry.timeToLive(at: now).wholeMilliseconds)"),
            ("poll-interval-ms", "\(configuration.pollInterval.wholeMilliseconds)"),
        ]
        switch source.listenerState {
        case .up: facts.append(("inotify", "up"))
        case .starting: facts.append(("inotify", "starting"))
        case .down(let reason): facts += [("inotify", "down"), ("inotify-problem", reason)]
        }
        if let provenance = served.provenance {
            facts += [
                ("file-owner", "\(provenance.owner)"),
                ("file-device", "\(provenance.device)"),
                ("file-inode", "\(provenance.inode)"),
                ("file-bytes", "\(provenance.size)"),
                ("file-sha256", provenance.sha256),
            ]
        }
        facts += [
            ("connections", "\(connections)"),
            ("max-connections", "\(limits.connections)"),
            ("watched-names", "\(registry.subjectCount)"),
            ("runs", "\(registry.runCount)"),
        ]
        var writer = LineWriter()
        let lines = facts.map { key, value in
            writer.removeAll()
            writer.text("info \(key)")
            writer.field("value", value)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
        return lines + ["end \(lines.count)"]
    }

    /// How things stand, in one line for `systemctl status`.
    func summary(_ now: ContinuousClock.Instant) -> String {
        guard isOpen else { return "waiting for the first settled read of \(source.name)" }
        var parts: [String] = []
        if let cause = registry.served.condition.cause {
            let detail = registry.served.condition.detail.map { " (\($0))" } ?? ""
            parts.append("EVERYTHING IS STOPPED: \(cause.rawValue)\(detail)")
        } else {
            let counts = WorkflowStatus.allCases.reversed().map { "\(registry.census.listed($0)) \($0.rawValue)" }
            let entries = registry.served.entries.count
            parts.append("\(entries) \(entries == 1 ? "entry" : "entries"): " + counts.joined(separator: ", "))
        }
        parts.append("\(connections) \(connections == 1 ? "connection" : "connections")")
        parts.append("\(registry.runCount) \(registry.runCount == 1 ? "run" : "runs")")
        if let verifiedAt = registry.verifiedAt {
            parts.append("\(source.name) read at \(Timestamp.now().before(now - verifiedAt).inWholeSeconds)")
        }
        if socketPresence != .there { parts.append("THE SOCKET IS \(socketPresence.rawValue.uppercased())") }
        if case .down = source.listenerState { parts.append("inotify is down: the poll finds changes") }
        return parts.joined(separator: "; ")
    }

    /// The lines that answer `metrics`, and behind how many of them those of each workflow that has runs belong.
    func metricsText(_ now: ContinuousClock.Instant) -> (lines: [String], runsAfter: Int) {
        var text = OpenMetricsText()
        text.family("estop_build", .info, help: "The version that runs.")
        text.sample("estop_build_info", [("version", registry.life.version)], 1)
        text.family("estop_file", .info, help: "The stop file in force.")
        if let provenance = registry.served.provenance {
            text.sample("estop_file_info", [("sha256", provenance.sha256)], 1)
        }
        text.family("estop_file_condition", .gauge, help: "1 for what the file is, 0 for what it is not.")
        for condition in SettledState.Condition.words {
            text.sample(
                "estop_file_condition", [("condition", condition)], condition == registry.served.condition.word ? 1 : 0
            )
        }
        text.family(
            "estop_file_last_read_timestamp_seconds", .gauge, help: "When the file was last verified."
        )
        if let verifiedAt = registry.verifiedAt {
            let age = (now - verifiedAt) / Duration.seconds(1)
            text.sample("estop_file_last_read_timestamp_seconds", Timestamp.now().secondsSince1970 - age)
        }
        text.family(
            "estop_inotify_up", .gauge, help: "Whether inotify watches the file; without it the poll finds changes.")
        text.sample("estop_inotify_up", source.listenerState == .up ? 1 : 0)
        text.family("estop_socket_up", .gauge, help: "Whether clients find the socket at its path.")
        text.sample("estop_socket_up", socketPresence == .there ? 1 : 0)
        text.family("estop_entries", .gauge, help: "Entries of the stop file, patterns too, by their own status.")
        for status in WorkflowStatus.allCases {
            text.sample("estop_entries", [("status", status.rawValue)], registry.census.listed(status))
        }
        text.family("estop_runs", .gauge, help: "Runs, by workflow and by what its status is now.")
        let runsAfter = text.lines.count
        text.family("estop_connections", .gauge, help: "Connections that are open.")
        text.sample("estop_connections", connections)
        metrics.write(to: &text)
        text.end()
        return (text.lines, runsAfter)
    }
}
