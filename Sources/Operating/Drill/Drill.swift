internal import EmergencyStop
package import EmergencyStopCore
internal import Glibc
internal import Resilience

/// Stops an entry, with a run of its own under it, and puts it back.
package struct Drill {
    /// How long each step may take: longer than the sidecar's poll, which is what finds the change where inotify is
    /// silent.
    private static let patience = Duration.seconds(25)

    let name: WorkflowName
    let path: String
    let endpoint: SidecarEndpoint
    /// Readable once the drill is to be broken off: from then on nothing is waited for.
    let interruption: CInt
    let advice: Advice

    /// How long it took from the file's replacement, in milliseconds.
    struct Times: Encodable {
        let kind = "drill"
        var name: String
        var sidecarMilliseconds: Double
        var runMilliseconds: Double
        var backMilliseconds: Double

        var lines: [String] {
            [
                "file to sidecar   \(Duration.milliseconds(sidecarMilliseconds).readable)",
                "file to run       \(Duration.milliseconds(runMilliseconds).readable)",
                "back to go        \(Duration.milliseconds(backMilliseconds).readable)",
                "The emergency stop works.",
            ]
        }
    }

    /// Drills on the file that the sidecar serves, and prints how long each step took.
    package static func perform(
        on name: WorkflowName, file: String?, endpoint: SidecarEndpoint, advice: Advice, json: Bool
    ) throws(ExitStatus) {
        let path = try servedFile(file, endpoint, advice, json)
        // Blocked before there is another thread that could be ended by them. Once the drill is over they do what they
        // always do.
        let ending = Signals.numbers(of: Signals.ending, without: Signals.ignored())
        var before = Signals.block(ending)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let drill = Drill(
            name: name, path: path, endpoint: endpoint, interruption: Signals.descriptor(ending), advice: advice
        )
        do throws(DrillFailure) {
            let times = try drill.run()
            if json {
                print(JSONLine.text(times))
            } else {
                for line in times.lines { print(line) }
            }
        } catch {
            StandardError.say(error.description)
            if json { print(JSONLine.text(ErrorRecord("drill-failed", error.description, name: name.text))) }
            throw .failure
        }
    }

    /// The file to drill on: the one given, where the sidecar serves that, else the sidecar's own.
    private static func servedFile(
        _ file: String?, _ endpoint: SidecarEndpoint, _ advice: Advice, _ json: Bool
    ) throws(ExitStatus) -> String {
        func refuse(_ code: String, _ message: String, _ status: ExitStatus) -> ExitStatus {
            StandardError.say(message)
            if json { print(JSONLine.text(ErrorRecord(code, message))) }
            return status
        }
        let information: SidecarInformation
        do throws(SidecarError) {
            let connection = try endpoint.connect()
            try connection.send([.sync])
            _ = try connection.line()
            information = try SidecarInformation(connection)
        } catch {
            throw refuse(error.code, "\(error); without one there is nothing to drill", .unserved)
        }
        let path: String
        do throws(EditError) {
            path = try StopFileLocation.trusted(StopFileLocation.path(given: file, sidecar: information))
        } catch {
            throw refuse(error.code, error.text(advice), .failure)
        }
        guard information.isServing(path) else {
            let file = Printable.text(information["file"] ?? "another file")
            throw refuse("another-file", "the sidecar reads \(file), not \(path): name that with --file", .unserved)
        }
        return path
    }

    private func run() throws(DrillFailure) -> Times {
        let entry = try DrillEntry(name, in: path, advice)
        try refuseRuns(besides: 0)
        let link = WorkflowLink()
        Task { await link.listen(name.text, socket: endpoint.path, waitsForGo: false) }
        defer { link.finish() }
        try awaitRun(link)
        // One may have begun meanwhile.
        try refuseRuns(besides: 1)
        let stopped: (sidecar: Duration, run: Duration)
        do throws(DrillFailure) {
            stopped = try stop(entry, link)
        } catch {
            do throws(DrillFailure) {
                _ = try entry.putBack()
            } catch let second {
                throw DrillFailure("\(error); and \(second)")
            }
            throw DrillFailure("\(error); the entry was put back")
        }
        let back = try putBack(entry)
        return Times(
            name: name.text, sidecarMilliseconds: stopped.sidecar.milliseconds,
            runMilliseconds: stopped.run.milliseconds, backMilliseconds: back.milliseconds
        )
    }

    /// A real run would be ended by the drill's stop.
    private func refuseRuns(besides own: Int) throws(DrillFailure) {
        let runs: [ServerLine.Run]
        do throws(SidecarError) {
            runs = try endpoint.connect().runs(of: name).runs
        } catch {
            throw DrillFailure(error.description)
        }
        guard runs.count > own else { return }
        let processes = runs.compactMap(\.processID).filter { $0 != Int(getpid()) }.map { "\($0)" }
        let which = processes.isEmpty ? "" : " (pid \(processes.joined(separator: ", ")))"
        let count = runs.count - own
        throw DrillFailure(
            "\(count) \(count == 1 ? "run" : "runs") of \(Printable.text(name.text)) would be stopped by the drill\(which); "
                + "nothing changed. See what they are: \(advice.ask("ps \(Advice.quoted(name.text))")); wait until "
                + "they have ended, or drill an entry that nothing runs by"
        )
    }

    /// Waits until a run is registered and may go.
    private func awaitRun(_ link: WorkflowLink) throws(DrillFailure) {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            switch link.look() {
            case .running(let report) where report.status == .go: return
            case .refused(let report): throw DrillFailure("no run: \(StatusRecord(report).sentence)")
            case .failed(let text): throw DrillFailure("no run: \(text)")
            case .waiting, .running, .left: break
            }
            guard ContinuousClock.now < deadline else {
                throw DrillFailure("not within \(Self.patience.readable): a run of \(name)")
            }
            try wait(for: [link.descriptor])
        }
    }

    /// Stops the entry; gives how long it took until the sidecar said so, and until the run saw it.
    private func stop(
        _ entry: DrillEntry, _ link: WorkflowLink
    ) throws(DrillFailure) -> (sidecar: Duration, run: Duration) {
        let connection = try connection()
        let replacedAt = try entry.stop()
        let deadline = ContinuousClock.now + Self.patience
        var sidecar: Duration?
        var run: Duration?
        while true {
            if run == nil, case .running(let report) = link.look(), report.status == .stop {
                // A sidecar that is gone stops the run as well; that proves nothing of the file.
                guard report.cause == .listed else {
                    throw DrillFailure("the run was stopped by something else: \(StatusRecord(report).sentence)")
                }
                run = .now - replacedAt
            }
            if sidecar == nil, try status(connection) == .stop { sidecar = .now - replacedAt }
            if let sidecar, let run { return (sidecar, run) }
            guard ContinuousClock.now < deadline else { break }
            try wait(for: [connection.descriptor, link.descriptor])
        }
        let missing = sidecar == nil ? "the sidecar" : "the run"
        throw DrillFailure("the stop is in \(path) and has not reached \(missing) within \(Self.patience.readable)")
    }

    /// Puts the entry back; gives how long it took until go was in force.
    private func putBack(_ entry: DrillEntry) throws(DrillFailure) -> Duration {
        let replacedAt = try entry.putBack()
        do throws(DrillFailure) {
            let connection = try connection()
            let deadline = ContinuousClock.now + Self.patience
            while ContinuousClock.now < deadline {
                if try status(connection) == .go { return .now - replacedAt }
                try wait(for: [connection.descriptor])
            }
        } catch {
            throw DrillFailure("\(error); the entry was put back")
        }
        throw DrillFailure(
            "the entry is as it was, and go is not in force: \(advice.ask("status \(Advice.quoted(name.text))"))")
    }

    /// A connection that is told what becomes of the name.
    private func connection() throws(DrillFailure) -> SidecarConnection {
        do throws(SidecarError) {
            let connection = try endpoint.connect()
            try connection.send([.watch(name)])
            return connection
        } catch {
            throw DrillFailure(error.description)
        }
    }

    /// The last status that has come, if any has.
    private func status(_ connection: SidecarConnection) throws(DrillFailure) -> WorkflowStatus? {
        do throws(SidecarError) {
            var last: WorkflowStatus?
            while let line = try connection.line(until: .now) {
                if case .status(let status) = line.understood { last = status.report.status }
            }
            return last
        } catch {
            throw DrillFailure(error.description)
        }
    }

    /// Waits for one of the descriptors, or a little.
    private func wait(for descriptors: [CInt]) throws(DrillFailure) {
        var entries = (descriptors + [interruption]).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&entries, nfds_t(entries.count), 100)
        if entries[entries.count - 1].revents != 0 { throw DrillFailure("interrupted") }
    }
}

extension Duration {
    fileprivate var milliseconds: Double { Double(Int64(self / .microseconds(1))) / 1000 }
}
