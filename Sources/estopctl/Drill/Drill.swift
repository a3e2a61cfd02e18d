internal import EmergencyStop
internal import EmergencyStopClient
internal import Glibc

/// Stops an entry, with a run of its own under it, and puts it back.
struct Drill {
    /// How long each step may take: longer than the sidecar's poll, which is what finds the change where inotify is
    /// silent.
    private static let patience = Duration.seconds(25)

    let name: WorkflowName
    let path: String
    let socket: SocketOptions

    /// Why the drill has failed.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// How long it took from the file's replacement, in milliseconds.
    struct Times: Encodable {
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

    func run() throws(Failure) -> Times {
        let original = try entry()
        guard original.status == .go else {
            throw Failure(description: "\(name) is \(original.status) in \(path): a drill begins with go")
        }
        let link = WorkflowLink()
        Task { await link.listen(name.text, socket: socket.path, waitsForGo: false) }
        defer { link.finish() }
        try wait(for: link, "a run of \(name)") { look throws(Failure) in
            switch look {
            case .running(let report): report.status == .go
            case .refused(let report): throw Failure(description: "no run: \(StatusRecord(report).sentence)")
            case .failed(let text): throw Failure(description: "no run: \(text)")
            case .waiting, .left: false
            }
        }
        // From here to where it is put back, nothing may end this process that can wait.
        let before = Signals.block(Signals.ending)
        defer {
            var mask = before
            pthread_sigmask(SIG_SETMASK, &mask, nil)
        }
        let stopped: (sidecar: Duration, run: Duration)
        do throws(Failure) {
            stopped = try stop(link)
        } catch {
            _ = try? putBack(original)
            throw error
        }
        let back = try putBack(original)
        return Times(
            name: name.text, sidecarMilliseconds: stopped.sidecar.milliseconds,
            runMilliseconds: stopped.run.milliseconds, backMilliseconds: back.milliseconds
        )
    }

    private func entry() throws(Failure) -> Entry {
        let bytes: [UInt8]
        do throws(FileReading.Failure) {
            bytes = try FileReading.bytesOfRegularFile(path)
        } catch {
            throw Failure(description: "\(path): \(error)")
        }
        let file = StopFile(parsing: bytes)
        if let malformation = file.malformation { throw Failure(description: "\(path):\(malformation)") }
        guard let entry = file.entries.entry(name) else {
            throw Failure(description: "\(path) has no entry \(name). Add it: estopctl go '\(name)' --add")
        }
        return entry
    }

    /// Stops the entry; gives how long it took until the sidecar said so, and until the run saw it.
    private func stop(_ link: WorkflowLink) throws(Failure) -> (sidecar: Duration, run: Duration) {
        do {
            let connection = try socket.connect()
            try connection.send([.watch(name)])
            _ = try connection.line()
            let replacedAt = try write(.stop, reason: "drill", by: Operator.name, at: WallClock.now)
            let deadline = ContinuousClock.now + Self.patience
            var sidecar: Duration?
            var run: Duration?
            while true {
                if run == nil, case .running(let report) = link.look(), report.status == .stop {
                    run = .now - replacedAt
                }
                while sidecar == nil, let line = try connection.line(until: .now) {
                    guard case .status(let status) = line.understood, status.report.status == .stop else { continue }
                    sidecar = .now - replacedAt
                }
                if let sidecar, let run { return (sidecar, run) }
                guard ContinuousClock.now < deadline else { break }
                var entries = [connection.descriptor, link.descriptor].map {
                    pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
                }
                poll(&entries, 2, 100)
            }
            let missing = sidecar == nil ? "the sidecar" : "the run"
            return try fail("the stop is in \(path) and has not reached \(missing) within \(Self.patience.readable)")
        } catch let error as SidecarError {
            return try fail(error.description)
        } catch {
            return try fail("\(error)")
        }
    }

    /// Puts the entry back as it was; gives how long it took until go was in force.
    private func putBack(_ entry: Entry) throws(Failure) -> Duration {
        let replacedAt = try write(.go, reason: entry.reason, by: entry.by, at: entry.at)
        let deadline = ContinuousClock.now + Self.patience
        do throws(SidecarError) {
            let connection = try socket.connect()
            try connection.send([.watch(name), .sync])
            while let line = try connection.line(until: deadline) {
                if case .status(let status) = line.understood, status.report.status == .go { return .now - replacedAt }
            }
        } catch {
            throw Failure(description: error.description)
        }
        throw Failure(description: "the entry is put back, and go is not in force: estopctl status '\(name)'")
    }

    /// Writes the entry; gives when the file was replaced.
    private func write(
        _ status: WorkflowStatus, reason: String?, by: String?, at: String?
    ) throws(Failure) -> ContinuousClock.Instant {
        let request = EditRequest(
            names: [name], status: status, reason: reason, by: by, at: at, addsEntries: false, overrides: true
        )
        do throws(EditError) {
            return try StopFileEditing(path: path, request: request, present: [:], files: []).perform().replacedAt
        } catch {
            throw Failure(description: error.description)
        }
    }

    private func fail<R>(_ description: String) throws(Failure) -> R {
        throw Failure(description: description)
    }

    /// Waits until the workflow is as asked for.
    private func wait(
        for link: WorkflowLink, _ what: String, until condition: (WorkflowLink.Look) throws(Failure) -> Bool
    ) throws(Failure) {
        let deadline = ContinuousClock.now + Self.patience
        while try !condition(link.look()) {
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "not within \(Self.patience.readable): \(what)")
            }
            var entry = pollfd(fd: link.descriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, 100)
        }
    }
}

extension Duration {
    fileprivate var milliseconds: Double { Double(Int64(self / .microseconds(1))) / 1000 }
}
