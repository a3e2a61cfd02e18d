internal import EmergencyStopCore

/// A connection, as the registry and whoever has the connections call it.
package typealias SessionID = UInt64

/// A name that somebody watches or runs.
struct Subject: Sendable {
    let name: WorkflowName
    /// What watchers have been told, or are being told.
    var report: StatusReport
    /// The revision at which the report became what it is.
    var changedAt: UInt64
    var watchers = Watchers()
    var runs = 0

    var isIdle: Bool { watchers.isEmpty && runs == 0 }
}

/// The names that somebody watches or runs, each at a place that stays the same as long as somebody does.
struct Subjects: Sendable {
    private var slots: [Subject?] = []
    private var free: [Int] = []
    private var places: [WorkflowName: Int] = [:]

    var count: Int { places.count }

    /// The end of the places: each place before it may have a subject.
    var end: Int { slots.count }

    func place(of name: WorkflowName) -> Int? { places[name] }

    subscript(place: Int) -> Subject? { slots[place] }

    subscript(name: WorkflowName) -> Subject? { places[name].flatMap { slots[$0] } }

    /// Gives a name a place; it has none yet.
    mutating func insert(_ subject: Subject) -> Int {
        let place = free.popLast() ?? slots.count
        if place == slots.count { slots.append(subject) } else { slots[place] = subject }
        places[subject.name] = place
        return place
    }

    /// Changes the subject at a place, and forgets it where nobody has to do with it any more.
    mutating func change(at place: Int, _ body: (inout Subject) -> Void) {
        guard slots[place] != nil else { return }
        body(&slots[place]!)
        guard let subject = slots[place], subject.isIdle else { return }
        places[subject.name] = nil
        slots[place] = nil
        free.append(place)
    }
}
