import EmergencyStopCore
import Testing

@Suite struct `Lines from the sidecar` {
    @Test func `a status line with every field`() {
        let line = ServerLine(
            text: "pause Satellite Erase\tcause=pattern\treason=100%25 sure%0A\tby=jdoak\tat=now\tpattern=Sat*"
                + "\trev=12\tstopped=7\twatchers=3\truns=2\r")
        var report = StatusReport(name: "Satellite Erase", status: .pause, cause: .pattern)
        report.pattern = "Sat*"
        report.reason = "100% sure\n"
        report.by = "jdoak"
        report.at = "now"
        #expect(
            line
                == .status(
                    .init(
                        name: WorkflowName(validated: "Satellite Erase"), report: report,
                        revisions: .init(current: 12, stopped: 7), watchers: 3, runs: 2)))
    }

    @Test func `what is written is read back`() {
        let name = WorkflowName(validated: "Köln *1")
        let report = StatusReport(
            name: name.text, status: .stop, cause: .malformedFile, reason: "tab\there, newline\nthere, 50 %")
        var writer = LineWriter()
        StatusLine.write(report, .init(current: .max / 2, stopped: 0), to: &writer)
        let line = ServerLine(writer.bytes.span.extracting(0..<writer.count - 1))
        #expect(line == .status(.init(name: name, report: report, revisions: .init(current: .max / 2, stopped: 0))))
    }

    @Test(arguments: [
        ("watching 3", ServerLine.watching(count: 3)),
        ("unwatched A", .unwatched(WorkflowName(validated: "A"))),
        (
            "left A\trun=0000000000000001000000000000000f",
            .left(WorkflowName(validated: "A"), RunID(high: 1, low: 15))
        ),
        ("end 0", .end(count: 0)),
        ("pong t\tttl=1500", .pong(token: "t", timeToLive: .milliseconds(1_500))),
        ("pong t\tttl=-1", .pong(token: "t", timeToLive: .zero)),
        ("pong t\tttl=1e9", .pong(token: "t", timeToLive: .zero)),
        ("pong t", .pong(token: "t", timeToLive: .zero)),
        ("synced 9", .synced(revision: 9)),
        ("hello 1\tinstance=ab\tversion=1.2", .hello(.init(version: 1, instance: "ab", sidecar: "1.2"))),
        (
            "error watch A b\texpected=fewer",
            .error(.init(verb: "watch", name: WorkflowName(validated: "A b"), expected: "fewer"))
        ),
        ("error connect\texpected=patience", .error(.init(verb: "connect", expected: "patience"))),
        ("error\texpected=what", .error(.init(verb: "", expected: "what"))),
    ])
    func `an answer`(_ text: String, _ line: ServerLine) {
        #expect(ServerLine(text: text) == line)
    }

    @Test func `a registered run`() throws {
        let line = ServerLine(
            text: "run A\trun=00000000000000010000000000000002\tpid=7\tuid=0\tcomm=erase\tstatus=stop\tlost=yes"
        )
        guard case .run(let run) = line else {
            Issue.record("\(line)")
            return
        }
        #expect(run.id == RunID(high: 1, low: 2))
        #expect(run.processID == 7)
        #expect(run.status == .stop)
        #expect(run.isLost)
    }

    @Test(arguments: [
        "", " ", "go", "go ", "Go A", "going A", "maybe A", "pong", "watching", "watching -1", "watching +1", "end x",
        "synced", "run A", "run A\trun=12", "\tcause=listed", "go \u{1}\tcause=listed", "news of a later version",
    ])
    func `what this version does not know`(_ text: String) {
        #expect(ServerLine(text: text) == .unknown)
    }

    @Test(arguments: [
        "go A", "go A\tcause=", "go A\tcause=later", "go A\tcause=stale", "pause A\tcause=later",
        "go A\tcause=fleet", "pause A\tcause=fleet-stale",
        // A pattern only restrains, whoever says otherwise.
        "go A*\tcause=listed", "go *\tcause=listed",
    ])
    func `what allows something is stop unless it is understood`(_ text: String) {
        guard case .status(let status) = ServerLine(text: text) else {
            Issue.record("no status")
            return
        }
        #expect(status.report.status == .stop)
    }

    @Test(arguments: ["listed", "pattern", "fleet"])
    func `a pause is believed for each cause that can pause`(cause: String) throws {
        guard case .status(let status) = ServerLine(text: "pause A\tcause=\(cause)") else {
            Issue.record("no status")
            return
        }
        #expect(status.report.status == .pause && status.report.cause.rawValue == cause)
    }

    @Test func `a stop is one whatever its cause`() {
        guard case .status(let status) = ServerLine(text: "stop A\tcause=later\treason=why\tnew=field") else {
            Issue.record("no status")
            return
        }
        #expect(status.report.status == .stop)
        #expect(status.report.cause == .unreachable)
        #expect(status.report.reason == "why")
    }

    @Test func `bytes that are no text are no status`() {
        #expect(ServerLine([0x67, 0x6F, 0x20, 0xFF, 0xFE].span) == .unknown)
        #expect(ServerLine([0xFF, 0x20, 0x41].span) == .unknown)
    }
}

extension ServerLine {
    init(text: String) {
        self.init(Array(text.utf8).span)
    }
}
