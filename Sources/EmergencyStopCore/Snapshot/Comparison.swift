/// What is different between an edition and the snapshot that comes after it, worked out in one pass over the entries.
struct Comparison {
    /// The most stops of entries of which more is remembered than the cause.
    private static let stopLimit = 10_000
    /// The most names without an entry that are remembered from one edition to the next.
    private static let goneLimit = 10_000

    private let old: Edition
    private let new: Snapshot
    private let number: UInt64
    /// Whether before this not all had been looked at: nothing had settled, or the fleet was not known.
    private let isFirst: Bool
    /// Whether after it still not all has been.
    private let isUnread: Bool
    private(set) var past = Edition.Past()
    private(set) var census = Census()
    private(set) var change: EditionChange
    /// Where the stops that the old edition remembers stand in the new one, and one.
    private var kept: [UInt32] = []
    /// Stops that several names share, as all do that a pattern stopped.
    private var shared: [SharedStop: UInt32] = [:]
    private var lastShared: (stop: SharedStop, place: UInt32)?

    private struct SharedStop: Hashable {
        var cause: StopCause
        var evidence: Resolution.Evidence
    }

    init(from old: Edition, to new: Snapshot) {
        self.old = old
        self.new = new
        number = old.number + 1
        change = EditionChange(number: number, from: old.snapshot, to: new)
        past.stopOfAll = old.past.stopOfAll
        past.goneSince = old.past.goneSince
        // Before all has been looked at everything is stopped as well, but no read has shown that: were it a stop that
        // came, a sidecar that restarts would stop everybody who has gone on under the one before it.
        isFirst = old.snapshot.isUnread
        isUnread = new.isUnread
        if let cause = old.snapshot.condition.cause, !isFirst {
            past.stopOfAll = PastStop(number: old.number, cause: cause, reason: old.snapshot.condition.detail)
        }
    }

    mutating func run() {
        let entries = new.entries
        let before = old.snapshot
        noteShownPatterns()
        past.changedAt.reserveCapacity(entries.count)
        var found = 0
        for position in 0..<entries.count {
            // Files change in few places: most entries stand where they stood.
            let place = before.entries.position(ofEntryAt: position, in: entries)
            let isPattern = entries.isPattern(at: position)
            let (mine, theirs, shown, isStopped, restrains, restrained) = entries.withName(at: position) { name in
                (
                    new.resolve(name, settled: position), before.resolve(name, settled: place),
                    isFirst ? before.shownStop(of: name) : nil,
                    isUnread && new.shownStop(of: name) != nil,
                    isPattern ? new.restraint(ofPattern: name) : nil,
                    isPattern ? before.restraint(ofPattern: name) : nil
                )
            }
            census.add(position, of: entries, mine, restrains)
            if let place {
                found += 1
                let isSame = restrains == restrained && new.isSame(mine, theirs, in: before)
                past.changedAt.append(isSame ? old.past.changedAt[place] : number)
                if !isSame { change.note(mine, isPattern: isPattern, before, new) { entries.name(at: position) } }
            } else {
                // An entry that came is news even if it is stopped like before: it is listed now.
                past.changedAt.append(number)
                change.note(mine, isPattern: isPattern, before, new) { entries.name(at: position) }
            }
            remember(isUnread ? isStopped : mine.status == .stop, isFirst ? shown : theirs, place, at: position)
        }
        noteGone(found)
    }

    // MARK: Stops

    /// Remembers the stop that an entry leaves, or has left, for those who will not have been told of it.
    ///
    /// - Parameters:
    ///   - isStopped: Whether it is stopped now, as far as anything has been read.
    ///   - theirs: What was shown or had settled of it before, `nil` for nothing.
    private mutating func remember(_ isStopped: Bool, _ theirs: Resolution?, _ place: Int?, at position: Int) {
        var stop: UInt32 = 0
        if !isStopped {
            if let theirs, theirs.status == .stop {
                // Where everything was stopped, that is remembered once for all.
                if isFirst || old.snapshot.condition.cause == nil { stop = self.stop(theirs) }
            } else if let place, !old.past.stopPlaces.isEmpty {
                stop = keep(old.past.stopPlaces[place])
            }
        }
        if stop == 0, past.stopPlaces.isEmpty { return }
        while past.stopPlaces.count < position { past.stopPlaces.append(0) }
        past.stopPlaces.append(stop)
    }

    /// The place, and one, of a stop that the old edition remembers.
    private mutating func keep(_ place: UInt32) -> UInt32 {
        guard place > 0 else { return 0 }
        let stop = old.past.stops[Int(place) - 1]
        // Whoever missed this one missed the later one of all.
        guard stop.number > past.stopOfAll.number else { return 0 }
        if kept.isEmpty { kept = Array(repeating: 0, count: old.past.stops.count) }
        if kept[Int(place) - 1] == 0 { kept[Int(place) - 1] = append(stop) }
        return kept[Int(place) - 1]
    }

    /// The place, and one, of the stop that a name leaves just now.
    private mutating func stop(_ resolution: Resolution) -> UInt32 {
        var key = SharedStop(cause: resolution.cause, evidence: resolution.evidence)
        if isOfOneName(resolution) {
            let isFull = past.stops.count >= Self.stopLimit
            guard isFull else { return append(pastStop(resolution)) }
            key.evidence = .none
        }
        if let lastShared, lastShared.stop == key { return lastShared.place }
        var bare = resolution
        bare.evidence = key.evidence
        let place = shared[key] ?? append(pastStop(bare))
        shared[key] = place
        lastShared = (key, place)
        return place
    }

    /// Whether the stop is by an entry of this very name, which no other name shares.
    private func isOfOneName(_ resolution: Resolution) -> Bool {
        guard resolution.cause == .fleet else { return [.listed, .invalidEntry].contains(resolution.cause) }
        return old.snapshot.place(resolution.evidence).map { !$0.table.isPattern(at: $0.position) } ?? false
    }

    private func pastStop(_ resolution: Resolution) -> PastStop {
        var stop = PastStop(number: old.number, cause: resolution.cause)
        if let (table, position) = old.snapshot.place(resolution.evidence) {
            let entry = table[position]
            (stop.reason, stop.by, stop.at) = (entry.reason, entry.by, entry.at)
            if entry.name.isPattern { stop.pattern = entry.name.text }
        }
        return stop
    }

    private mutating func append(_ stop: PastStop) -> UInt32 {
        past.stops.append(stop)
        return UInt32(past.stops.count)
    }

    // MARK: Names without an entry

    /// A pattern restrains as soon as it is shown, before it is listed; one of the fleet's may not be listed at all.
    private mutating func noteShownPatterns() {
        let before = old.snapshot
        let shown = [new, before].flatMap { snapshot in
            [snapshot.restraints, snapshot.fleet?.entries].compactMap { $0 }.flatMap { table in
                table.patternPositions.map { table.name(at: $0) }
            }
        }
        for name in Set(shown).sorted() {
            guard new.entries.position(ofName: name) == nil, before.entries.position(ofName: name) == nil,
                new.report(for: name) != before.report(for: name)
            else { continue }
            var text = name.text
            let resolution = text.withUTF8 { new.resolve($0.span, settled: nil) }
            change.note(resolution, isPattern: true, before, new) { name }
        }
    }

    private mutating func noteGone(_ found: Int) {
        let entries = new.entries
        past.gone = old.past.gone.filter { entries.position(ofName: $0.name) == nil }
        if past.gone.count > Self.goneLimit {
            let dropped = past.gone.count - Self.goneLimit
            past.goneSince = past.gone[dropped - 1].number
            past.gone.removeFirst(dropped)
        }
        let before = old.snapshot.entries
        guard found < before.count else { return }
        for position in 0..<before.count where entries.position(ofEntryAt: position, in: before) == nil {
            let name = before.name(at: position)
            past.gone.append((name, number))
            let resolution = before.withName(at: position) { new.resolve($0, settled: nil) }
            change.note(resolution, isPattern: before.isPattern(at: position), old.snapshot, new) { name }
        }
    }
}

extension Snapshot {
    /// Whether two resolutions, this snapshot's and an older one's, say the same in every word.
    fileprivate func isSame(_ mine: Resolution, _ theirs: Resolution, in old: Snapshot) -> Bool {
        guard mine.status == theirs.status, mine.cause == theirs.cause else { return false }
        // Nearly every entry takes this way; the other one copies the tables, which counts with a million of them.
        if case .settled(let position) = mine.evidence, case .settled(let oldPosition) = theirs.evidence {
            return entries.isSameEntry(at: position, as: oldPosition, in: old.entries)
        }
        return switch (place(mine.evidence), old.place(theirs.evidence)) {
        case (nil, nil): true
        case (let (table, position)?, let (oldTable, oldPosition)?):
            table.isSameEntry(at: position, as: oldPosition, in: oldTable)
        default: false
        }
    }
}
