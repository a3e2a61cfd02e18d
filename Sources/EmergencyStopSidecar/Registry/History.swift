package import EmergencyStop

/// The last changes, oldest first.
package struct History: Sendable {
    /// One change: of a name's status, or of the condition of the whole file.
    package struct Record: Sendable {
        package enum Subject: Sendable {
            case name(WorkflowName, old: StatusReport, new: StatusReport)
            /// The file as a whole became readable or ceased to be.
            case condition(old: SettledState.Condition, new: SettledState.Condition)
            /// So many more names changed at the same revision.
            case more(Int)
        }

        package var subject: Subject
        package var revision: UInt64
        package var time: Timestamp
        package var provenance: Provenance?
    }

    /// The most changes of one revision that are recorded one by one. A pattern can stop 100,000 names at once, and
    /// neither the history nor the log is helped by a line for each.
    static let detailLimit = 100

    private var records: [Record] = []
    private var start = 0
    private let limit: Int

    package init(limit: Int) {
        self.limit = limit
    }

    package var count: Int { records.count }

    /// The record at this place, counted from the oldest.
    package subscript(position: Int) -> Record { records[(start + position) % records.count] }

    package mutating func append(_ record: Record) {
        guard limit > 0 else { return }
        if records.count < limit {
            records.append(record)
        } else {
            records[start] = record
            start = (start + 1) % limit
        }
    }
}

extension StatusReport {
    /// The status in a word as the history has it: of a pattern, what its own entry does.
    package func word(asNews: Bool) -> String {
        guard let restrains else { return status.rawValue }
        return asNews && restrains == .go ? "released" : StatusLine.word(restrains)
    }
}

extension SettledState.Condition {
    /// The condition in one word, for history, log and metrics.
    package var word: String { cause?.rawValue ?? "readable" }

    /// Every such word.
    package static let words =
        ["readable"] + [StopCause.missingFile, .unreadableFile, .malformedFile, .stale].map(\.rawValue)
}
