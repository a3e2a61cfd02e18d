/// How many names have which status for which cause.
package struct Tally: Sendable {
    private static let causes = StopCause.Code.allCases.count
    private var counts: [Int] = []

    package init() {}

    package mutating func add(_ status: WorkflowStatus, _ cause: StopCause, count: Int = 1) {
        if counts.isEmpty { counts = Array(repeating: 0, count: WorkflowStatus.allCases.count * Self.causes) }
        counts[status.place * Self.causes + Int(cause.code.rawValue)] += count
    }

    /// All that there are any of.
    package var all: [(status: WorkflowStatus, cause: StopCause, count: Int)] {
        counts.indices.filter { counts[$0] > 0 }.map { index in
            let code = StopCause.Code.allCases[index % Self.causes]
            return (WorkflowStatus.allCases[index / Self.causes], StopCause(code), counts[index])
        }
    }
}

extension WorkflowStatus {
    fileprivate var place: Int {
        switch self {
        case .stop: 0
        case .pause: 1
        case .go: 2
        }
    }
}

/// What there is in a snapshot, counted when it is made.
package struct Census: Sendable {
    /// The most names that are remembered of those that are not stopped.
    package static let nameLimit = 100

    /// Entries by the status that stands in the file.
    private var listed = (stop: 0, pause: 0, go: 0)
    /// Entries by the status that they have.
    package private(set) var tally = Tally()
    /// Those that are not stopped: how many, and the first of them.
    package private(set) var unstopped = 0
    package private(set) var firstUnstopped: [WorkflowName] = []

    package func listed(_ status: WorkflowStatus) -> Int {
        switch status {
        case .stop: listed.stop
        case .pause: listed.pause
        case .go: listed.go
        }
    }

    /// - Parameter restrains: What a pattern restrains others to, `nil` for a name.
    mutating func add(
        _ position: Int, of entries: EntryTable, _ resolution: Resolution, _ restrains: WorkflowStatus?
    ) {
        switch entries.status(at: position) {
        case .stop: listed.stop += 1
        case .pause: listed.pause += 1
        case .go: listed.go += 1
        }
        if restrains != .go { tally.add(resolution.status, resolution.cause) }
        guard resolution.status != .stop else { return }
        unstopped += 1
        if firstUnstopped.count < Self.nameLimit { firstUnstopped.append(entries.name(at: position)) }
    }
}
