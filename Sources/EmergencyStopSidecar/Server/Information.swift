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
        facts += fleetFacts
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

    /// What there is to say of the fleet, where the host belongs to one. All of it is told at each time but the leave,
    /// so that whoever looks for one fact finds it.
    private var fleetFacts: [(String, String)] {
        guard let fleet = source.fleet else { return [] }
        var facts = [
            ("fleet-file", fleet.path), ("fleet-lease-ms", "\(fleet.lease.wholeMilliseconds)"),
            ("fleet-condition", fleet.leave == nil ? fleet.condition.word : "left"),
        ]
        if fleet.leave == nil, let detail = fleet.condition.detail { facts.append(("fleet-problem", detail)) }
        if let header = fleet.header {
            facts += [
                ("fleet", header.fleet), ("fleet-epoch", header.epoch), ("fleet-revision", "\(header.revision)"),
            ]
        }
        if let age = fleet.age() { facts.append(("fleet-verified-ago-ms", "\(age.wholeMilliseconds)")) }
        facts.append(("fleet-entries", "\(registry.served.fleet?.entries.count ?? 0)"))
        if let leave = fleet.leave {
            facts += [
                ("fleet-left-until", "\(fleet.leaveEnd(of: leave))"), ("fleet-left-reason", leave.reason),
                ("fleet-left-by", leave.by),
            ]
        }
        if let problem = fleet.leaveProblem { facts.append(("fleet-leave-problem", problem)) }
        return facts
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
        if let fleet = source.fleet { parts.append(summary(of: fleet)) }
        if socketPresence != .there { parts.append("THE SOCKET IS \(socketPresence.rawValue.uppercased())") }
        if case .down = source.listenerState { parts.append("inotify is down: the poll finds changes") }
        return parts.joined(separator: "; ")
    }

    private func summary(of fleet: FleetView) -> String {
        if let leave = fleet.leave {
            return "LEFT ITS FLEET until \(fleet.leaveEnd(of: leave)) (\(leave.reason), by \(leave.by))"
        }
        guard let header = fleet.header else { return "no fleet has been heard of by \(fleet.path)" }
        // When it was verified is another time with each sign of life, which would make each a line of its own.
        return "fleet \(header.fleet) at revision \(header.revision)"
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
        let words = SettledState.Condition.words
        for condition in source.fleet == nil ? words : words + SettledState.Condition.fleetWords {
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
        if let fleet = source.fleet { write(fleet, to: &text) }
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

    private func write(_ fleet: FleetView, to text: inout OpenMetricsText) {
        text.family("estop_fleet_file", .info, help: "The fleet that restrains this host.")
        if let header = fleet.header {
            text.sample("estop_fleet_file_info", [("fleet", header.fleet), ("epoch", header.epoch)], 1)
        }
        // No label: it grows with each host that reports, and each label value is another series.
        text.family("estop_fleet_file_revision", .gauge, help: "The revision of the fleet's engine in the fleet file.")
        if let header = fleet.header { text.sample("estop_fleet_file_revision", header.revision) }
        text.family(
            "estop_fleet_file_verified_age_seconds", .gauge,
            help: "How long ago the fleet's restraints were known to be what the fleet file says."
        )
        if let age = fleet.age() { text.sample("estop_fleet_file_verified_age_seconds", age / Duration.seconds(1)) }
        text.family("estop_fleet_entries", .gauge, help: "Entries of the fleet file, patterns too.")
        text.sample("estop_fleet_entries", registry.served.fleet?.entries.count ?? 0)
        text.family(
            "estop_fleet_left", .gauge, help: "Whether the host has left its fleet, so that only its own file holds.")
        text.sample("estop_fleet_left", fleet.leave == nil ? 0 : 1)
        metrics.writeFleet(to: &text)
    }
}
