/// A line from the sidecar, understood.
///
/// Reading is tolerant of what a later sidecar may add (words, fields, causes), and strict in one direction only:
/// nothing that is not understood whole is ever read as `go`.
package enum ServerLine: Sendable, Hashable {
    /// What holds for a name.
    case status(Status)
    /// As many entries were listed; each change of any will follow.
    case watching(count: Int)
    case unwatched(WorkflowName)
    case left(WorkflowName, RunID?)
    case run(Run)
    /// The end of an answer of several lines.
    case end(count: Int)
    /// The answer to a ping, with what is left of the sidecar's own lease on the stop file.
    case pong(token: String, timeToLive: Duration)
    /// Asked for with `sync`: this revision is settled and applied.
    case synced(revision: UInt64)
    case hello(Greeting)
    /// A request was refused.
    case error(Refusal)
    /// Not a line that this version knows.
    case unknown

    /// Understands a line, which has no line feed any more.
    package init(_ line: Span<UInt8>) {
        let fields = LineFields(line)
        self = Self.status(fields) ?? Self.answer(fields) ?? .unknown
    }

    private static func status(_ fields: LineFields) -> ServerLine? {
        guard let word = fields.word, let name = fields.name else { return nil }
        if word == StatusLine.idle, name.isPattern { return .status(Status(ofIdlePattern: name, fields)) }
        guard let status = WorkflowStatus(rawValue: word) else { return nil }
        return .status(Status(name, status, fields))
    }

    private static func answer(_ fields: LineFields) -> ServerLine? {
        switch fields.word {
        case "watching": fields.number.map { .watching(count: $0) }
        case "unwatched": fields.name.map { .unwatched($0) }
        case "left": fields.name.map { .left($0, fields.run) }
        case "run": Run(fields).map { .run($0) }
        case "end": fields.number.map { .end(count: $0) }
        case "pong": fields.name.map { .pong(token: $0.text, timeToLive: fields.milliseconds("ttl")) }
        case "synced": fields.number.map { .synced(revision: UInt64($0)) }
        case "hello": fields.number.map { .hello(Greeting(version: $0, fields)) }
        case "error": .error(Refusal(fields))
        default: nil
        }
    }
}

extension ServerLine {
    /// A status with what the sidecar tells beside it.
    package struct Status: Sendable, Hashable {
        package var name: WorkflowName
        package var report: StatusReport
        /// The revisions that a client which said `hello` is told.
        package var revisions: StatusLine.Revisions?
        /// How many watch the name, in an answer to `list`.
        package var watchers: Int?
        /// How many runs of the name are registered, in an answer to `list`.
        package var runs: Int?

        package init(
            name: WorkflowName, report: StatusReport, revisions: StatusLine.Revisions? = nil,
            watchers: Int? = nil, runs: Int? = nil
        ) {
            self.name = name
            self.report = report
            self.revisions = revisions
            self.watchers = watchers
            self.runs = runs
        }

        init(_ name: WorkflowName, _ status: WorkflowStatus, _ fields: LineFields) {
            self.init(
                name: name,
                report: StatusReport(
                    name: name.text, status: status, cause: .unreachable,
                    pattern: fields.text("pattern"), reason: fields.text("reason"),
                    by: fields.text("by"), at: fields.text("at")
                ),
                watchers: fields.count("watchers"),
                runs: fields.count("runs")
            )
            if let current = fields.count("rev"), let stopped = fields.count("stopped") {
                revisions = StatusLine.Revisions(current: UInt64(current), stopped: UInt64(stopped))
            }
            if name.isPattern, let word = fields.text("restrains") {
                report.restrains = word == StatusLine.idle ? .go : WorkflowStatus(rawValue: word)
            }
            let word = fields.text("cause")
            if let cause = word.flatMap({ StopCause(rawValue: $0) }) { report.cause = cause }
            // What allows more than a stop has to be understood to be believed.
            if status == .go, name.isPattern {
                report.status = .stop
                report.cause = .unlisted
                report.reason = "the sidecar says go of a pattern, and a pattern only restrains"
            } else if !Self.isSound(status, report.cause) {
                report.status = .stop
                report.reason = "the sidecar gives the cause \(word ?? "none"), which this version does not know"
            }
        }

        /// A pattern that restrains nothing is a name that may not run, all the same.
        init(ofIdlePattern name: WorkflowName, _ fields: LineFields) {
            self.init(name, .stop, fields)
            report.cause = .unlisted
        }

        /// Whether the cause is one that this status can have.
        private static func isSound(_ status: WorkflowStatus, _ cause: StopCause) -> Bool {
            switch status {
            case .go: cause == .listed
            case .pause: [.listed, .pattern, .fleet].contains(cause)
            case .stop: true
            }
        }
    }

    /// A registered run, in an answer to `ps`.
    package struct Run: Sendable, Hashable {
        package var name: WorkflowName
        package var id: RunID
        package var processID: Int?
        package var userID: Int?
        package var command: String?
        package var since: String?
        package var status: WorkflowStatus?
        /// Whether the run's connection closed without a word.
        package var isLost: Bool

        init?(_ fields: LineFields) {
            guard let name = fields.name, let id = fields.run else { return nil }
            self.name = name
            self.id = id
            processID = fields.count("pid")
            userID = fields.count("uid")
            command = fields.text("comm")
            since = fields.text("since")
            status = fields.text("status").flatMap { WorkflowStatus(rawValue: $0) }
            isLost = fields.text("lost").map { $0 != "no" && $0 != "0" && $0 != "false" } ?? false
        }
    }

    /// The answer to `hello`.
    package struct Greeting: Sendable, Hashable {
        /// The version of the protocol.
        package var version: Int
        /// Which life of the sidecar this is: revisions can be compared within one only.
        package var instance: String?
        /// The sidecar's own version.
        package var sidecar: String?

        package init(version: Int, instance: String?, sidecar: String? = nil) {
            self.version = version
            self.instance = instance
            self.sidecar = sidecar
        }

        init(version: Int, _ fields: LineFields) {
            self.init(version: version, instance: fields.text("instance"), sidecar: fields.text("version"))
        }
    }

    /// Why a request, or the connection, was refused.
    package struct Refusal: Sendable, Hashable {
        /// The verb that is answered, or `connect`.
        package var verb: String
        /// The name that was asked about, where one was.
        package var name: WorkflowName?
        /// What was expected instead.
        package var expected: String

        package init(verb: String, name: WorkflowName? = nil, expected: String) {
            self.verb = verb
            self.name = name
            self.expected = expected
        }

        init(_ fields: LineFields) {
            let words = fields.argumentText.split(separator: " ", maxSplits: 1)
            verb = words.first.map(String.init) ?? ""
            name = words.count > 1 ? try? WorkflowName(words[1]) : nil
            expected = fields.text("expected") ?? ""
        }
    }
}
