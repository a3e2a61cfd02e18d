package import EmergencyStopCore

/// One run of a workflow, entered by a client and not yet left.
package struct Run: Sendable {
    package let id: RunID
    package let name: WorkflowName
    package fileprivate(set) var process: KnownProcess
    package let since: Timestamp
    /// The revision that was served when it was entered.
    let entered: UInt64
    /// The connection that entered it, or `nil` where that has closed without leaving: the run is lost. It may be
    /// going on, so it counts as running until the processes that stand for it are gone or it is entered or left again.
    package fileprivate(set) var owner: SessionID?

    package var isLost: Bool { owner == nil }
}

/// The runs that were entered and not left, each at a place that stays the same as long as it goes on.
struct Runs: Sendable {
    private var slots: [Run?] = []
    private var free: [Int] = []
    private var places: [RunID: Int] = [:]
    /// Those that are lost, by the processes that stand for them.
    private var lost: [[ProcessIdentity]: Set<RunID>] = [:]
    /// Such processes, in the order in which they are to be looked at.
    private var toLookAt: [[ProcessIdentity]] = []

    var count: Int { places.count }

    /// The end of the places: each place before it may have a run.
    var end: Int { slots.count }

    subscript(place: Int) -> Run? { slots[place] }

    subscript(id: RunID) -> Run? { places[id].flatMap { slots[$0] } }

    mutating func insert(_ run: Run) {
        let place = free.popLast() ?? slots.count
        if place == slots.count { slots.append(run) } else { slots[place] = run }
        places[run.id] = place
    }

    mutating func setOwner(of id: RunID, to owner: SessionID?, _ process: KnownProcess? = nil) {
        guard let place = places[id], let run = slots[place] else { return }
        if run.isLost { forgetLost(run) }
        slots[place]?.owner = owner
        if let process { slots[place]?.process = process }
        if owner == nil { lost[run.process.standing, default: []].insert(id) }
    }

    mutating func remove(_ id: RunID) {
        guard let place = places.removeValue(forKey: id), let run = slots[place] else { return }
        if run.isLost { forgetLost(run) }
        slots[place] = nil
        free.append(place)
    }

    private mutating func forgetLost(_ run: Run) {
        let standing = run.process.standing
        lost[standing]?.remove(run.id)
        if lost[standing]?.isEmpty ?? false { lost[standing] = nil }
    }

    // MARK: Lost runs

    /// Whether there are lost runs, whose processes are to be looked at.
    var hasLost: Bool { !lost.isEmpty }

    func lostRuns(of standing: [ProcessIdentity]) -> Set<RunID> { lost[standing] ?? [] }

    /// The next processes of lost runs to look at, each once before any is given again.
    mutating func nextToLookAt(_ limit: Int) -> ArraySlice<[ProcessIdentity]> {
        if toLookAt.isEmpty { toLookAt = Array(lost.keys) }
        let next = toLookAt.suffix(limit)
        toLookAt.removeLast(next.count)
        return next
    }
}
