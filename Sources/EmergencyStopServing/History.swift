package import EmergencyStopCore

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
        /// The file that made the change, or
        package var provenance: Provenance?
        /// the fleet that did.
        package var fleet: FleetHeader?
    }

    private var records: [Record] = []
    private let limit: Int
    /// The number that the next record will have, counted from 0.
    private(set) var end = 0

    package init(limit: Int) {
        self.limit = limit
    }

    package var count: Int { records.count }

    /// The number of the oldest record.
    var oldest: Int { end - records.count }

    subscript(numbered number: Int) -> Record { records[number % limit] }

    /// The record at this place, counted from the oldest.
    package subscript(position: Int) -> Record { self[numbered: oldest + position] }

    package mutating func append(_ record: Record) {
        guard limit > 0 else { return }
        if records.count < limit { records.append(record) } else { records[end % limit] = record }
        end += 1
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

    /// Those that only a host of a fleet can have.
    package static let fleetWords = [StopCause.fleetMissing, .fleetMalformed, .fleetStale].map(\.rawValue)
}
