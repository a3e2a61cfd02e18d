internal import EmergencyStop
internal import EmergencyStopCore
internal import Resilience

extension EditReport {
    /// What became of one name, for a person in a hurry.
    struct Line {
        /// The runs that a name or pattern matches.
        struct Runs: Hashable {
            var count = 0
            /// Those that were told to stop, whatever their names' status is now.
            var stopping = 0
            var lost = 0
            /// Whether the sidecar knows them all.
            var isComplete = true
        }

        /// Why it cannot be said what is in force.
        enum Trouble {
            /// Nobody reads this file.
            case unserved(String)
            /// There is a sidecar, and it does not tell.
            case unknown(String)

            var text: String {
                switch self {
                case .unserved(let why): "no sidecar serves it: \(why)"
                case .unknown(let why): "whether that is in force is not known: \(why)"
                }
            }
        }

        let goal: Enforcement.Goal
        /// What is served, where anyone serves.
        var report: StatusReport?
        var state: Enforcement.State
        /// From the file's replacement until it was seen to be in force.
        var time: Duration?
        var runs: Runs?
        /// Of a pattern that is released, what it matches and is restrained all the same; `nil` where that is not known.
        var others: [ServerLine.Status]?
        let path: String
        let trouble: Trouble?
        let advice: Advice

        var exitStatus: ExitStatus {
            switch state {
            case .inForce: .success
            case .otherwise: .failure
            case .pending: trouble == nil ? .timedOut : .unserved
            }
        }

        func write(json: Bool) {
            if json {
                print(JSONLine.text(record))
            } else if state == .inForce {
                print(sentence)
            } else {
                StandardError.say(sentence)
            }
        }

        var sentence: String {
            let name = Printable.text(goal.name.text)
            let isWritten = goal.mark != nil
            switch state {
            case .inForce where goal.status == .go && goal.name.isPattern:
                let what = isWritten ? "released\(time.map { " after \($0.readable)" } ?? "")" : "restrains nothing"
                return "pattern \(name) \(what)\(othersText)"
            case .inForce:
                let when = isWritten ? (time.map { " after \($0.readable)" } ?? "") : " already"
                return "\(goal.status) \(name) in force\(when)\(runsText)"
            case .otherwise:
                return "\(name) is set to \(goal.status), but \(obstacle)"
            case .pending:
                guard let trouble else {
                    return "\(goal.status) \(name) is \(isWritten ? "written" : "in the file"), but not yet in force: "
                        + "\(served). Look again: "
                        + "\(advice.ask("status \(Advice.quoted(goal.name.text))")), \(advice.ask("info"))"
                }
                return "\(goal.status) \(name) is \(isWritten ? "written to" : "in") \(path), and \(trouble.text)"
            }
        }

        /// The most names that are spelled out.
        private static let nameLimit = 10

        /// What is still restrained, what is restrained most first, and by whom.
        private var othersText: String {
            guard let others else { return "; what else is stopped or paused is unknown" }
            let lists = [WorkflowStatus.stop, .pause].compactMap { status -> String? in
                let matching = others.filter { $0.report.status == status }
                guard !matching.isEmpty else { return nil }
                let names = matching.prefix(Self.nameLimit).map { other in
                    let who = other.report.by.map { ["by \($0)"] } ?? []
                    let why = other.report.reason.map { [$0] } ?? []
                    let details = (who + why).joined(separator: ": ")
                    return Printable.text(details.isEmpty ? other.name.text : "\(other.name.text) (\(details))")
                }
                let more = matching.count > Self.nameLimit ? ", and \(matching.count - Self.nameLimit) more" : ""
                return "still \(status == .stop ? "stopped" : "paused"): \(names.joined(separator: ", "))\(more)"
            }
            return lists.isEmpty ? "; nothing else is stopped" : "; " + lists.joined(separator: "; ")
        }

        /// What holds instead, and what to do about it.
        private var obstacle: String {
            if let report, report.cause == .fleet {
                return "what holds is: \(served). The fleet restrains it, and the fleet alone can release it"
            }
            guard let report, report.cause == .pattern, let pattern = report.pattern else {
                return "the sidecar serves: \(served)"
            }
            let verb = report.status == .stop ? "stops" : "pauses"
            let details = [report.by.map { "by \($0)" }, report.reason].compactMap(\.self).joined(separator: ": ")
            let account = details.isEmpty ? "" : " (\(details))"
            return Printable.text("pattern \(pattern) still \(verb) it\(account)")
                + ". Release it: \(advice.edit("go \(Advice.quoted(pattern))"))"
        }

        private var served: String {
            guard let report else { return "the sidecar serves nothing for it" }
            return StatusRecord(ServerLine.Status(name: goal.name, report: report)).sentence
        }

        private var runsText: String {
            guard let runs else { return "; its runs are unknown" }
            let verb =
                switch goal.status {
                case .stop: "still stopping"
                case .pause: "pausing"
                case .go: "going"
                }
            let isRelease = goal.status == .go
            let count = isRelease ? runs.count - runs.stopping : runs.count
            var text = isRelease && count == 0 ? "" : "; \(Self.text(count)) \(verb)"
            if isRelease, runs.stopping > 0 {
                text += "; \(Self.text(runs.stopping)) stopped before, not ended yet"
            }
            if runs.lost > 0 { text += ", \(runs.lost) of them lost (connection broken, process still there)" }
            if !runs.isComplete { text += "; the sidecar just started; the run list may be incomplete" }
            return text
        }

        private static func text(_ runs: Int) -> String { "\(runs) \(runs == 1 ? "run" : "runs")" }

        private var record: Record {
            Record(
                name: goal.name.text, asked: goal.status.rawValue, changed: goal.mark != nil,
                inForce: state == .inForce, milliseconds: time.map { Double(Int($0 / .microseconds(1))) / 1000 },
                status: report?.word, cause: report?.cause.rawValue, pattern: report?.pattern,
                reason: report?.reason, by: report?.by, at: report?.at,
                runs: runs?.count, lostRuns: runs?.lost, complete: runs?.isComplete, message: trouble?.text
            )
        }

        /// The line as JSON.
        private struct Record: Encodable {
            let kind = "edit"
            var name: String
            var asked: String
            var changed: Bool
            var inForce: Bool
            var milliseconds: Double?
            /// What is served.
            var status: String?
            var cause: String?
            var pattern: String?
            var reason: String?
            var by: String?
            var at: String?
            var runs: Int?
            var lostRuns: Int?
            /// Whether the sidecar knows all runs.
            var complete: Bool?
            /// Why it is not known what is served.
            var message: String?
        }
    }
}
