package import EmergencyStopCore
internal import Glibc

/// What a connection has asked for and is owed: the protocol, without the socket.
///
/// A value: requests and what the registry has changed go in, lines and needs come out.
package struct Session: ~Copyable, Sendable {
    /// The most `sync` requests of one connection that may be unanswered.
    static let syncLimit = 64

    package let id: SessionID
    package let peer: Peer
    /// Whether the client said `hello`, and so is told revisions.
    var isGreeted = false
    /// The peer takes nothing any more: what it asks for is done, and not answered.
    private var isSilent = false
    /// Reads asked for with `sync` and not yet answered.
    var awaitedSyncs = 0
    /// The revisions of those that have been applied, for answers that are still to be written.
    var synced: [UInt64] = []
    /// An answer of many lines of which some are still to be written. What comes behind it has to wait.
    var answer: Answer?
    /// By the places of the names in the registry.
    var watches: [Int: Watch] = [:]
    /// Names of which there is something to tell, each once: a change of one must not cost a look at all.
    var noted: [Int] = []
    var allWatch: AllWatch?
    var runs: Set<RunID> = []

    package init(id: SessionID, peer: Peer) {
        self.id = id
        self.peer = peer
    }

    /// Whether an answer is under way, so that no request may be handled.
    package var isAnswering: Bool { answer != nil }

    /// Whether everything that was asked for has been written.
    package var owesNothing: Bool { answer == nil && awaitedSyncs == 0 && synced.isEmpty }

    /// Whether there is something to write that no request has to come for.
    package func isOwed(_ registry: borrowing Registry) -> Bool {
        if let allWatch, allWatch.delivered < registry.revision { return true }
        return answer != nil || !noted.isEmpty || !synced.isEmpty
    }

    /// Whether it has missed more than is remembered, so that the client has to begin anew.
    package var isLost: Bool { allWatch?.isLost ?? false }
}

// MARK: - What is due

extension Session {
    /// Takes note that there is something to tell of a name.
    ///
    /// - Parameter revision: What came after this one is news to who knew everything until then.
    package mutating func note(_ place: Int, since revision: UInt64) {
        guard let index = watches.index(forKey: place), !watches.values[index].isNoted else { return }
        watches.values[index].delivered = max(watches.values[index].delivered, revision)
        watches.values[index].isNoted = true
        noted.append(place)
    }

    /// A read that was asked for has settled and is applied.
    package mutating func noteSync(_ registry: borrowing Registry) {
        guard awaitedSyncs > 0 else { return }
        awaitedSyncs -= 1
        synced.append(registry.revision)
    }

    /// Writes what is due, other than answers to new requests, as much of it as the turn allows.
    package mutating func writeDue(_ registry: inout Registry, in turn: inout Turn, to writer: inout LineWriter) {
        guard writeChanges(&registry, in: &turn, to: &writer) else { return }
        while answer != nil, turn.allowsStep(written: writer.count) {
            if !answer!.step(registry, to: &writer) { answer = nil }
        }
        if answer == nil { writeSynced(to: &writer) }
    }

    /// Writes what has changed, one piece of it: nobody's stop waits for the end of a long answer.
    package mutating func writeNews(_ registry: inout Registry, to writer: inout LineWriter) {
        var turn = Turn()
        if writeChanges(&registry, in: &turn, to: &writer), answer == nil { writeSynced(to: &writer) }
    }

    /// Gives up what would only be written, now and from now on: the peer takes nothing any more.
    package mutating func fallSilent() {
        isSilent = true
        answer = nil
        synced = []
    }

    /// Writes what there is to tell of watched names; says whether that was all.
    private mutating func writeChanges(
        _ registry: inout Registry, in turn: inout Turn, to writer: inout LineWriter
    ) -> Bool {
        if !noted.isEmpty {
            var told = 0
            while told < noted.count, writer.count < turn.pieceSize {
                tell(noted[told], &registry, to: &writer)
                told += 1
            }
            noted.removeFirst(told)
            guard noted.isEmpty else { return false }
        }
        return allWatch == nil || registry.tell(&allWatch!, withRevisions: isGreeted, in: &turn, to: &writer)
    }

    private mutating func tell(_ place: Int, _ registry: inout Registry, to writer: inout LineWriter) {
        // It may have been ended since.
        guard let index = watches.index(forKey: place) else { return }
        registry.tell(&watches.values[index], of: place, withRevisions: isGreeted, to: &writer)
        watches.values[index].isNoted = false
    }

    /// Answers the reads that were asked for: behind all that they changed, and never within another answer.
    private mutating func writeSynced(to writer: inout LineWriter) {
        guard !synced.isEmpty else { return }
        for revision in synced {
            writer.text("synced ")
            writer.number(revision)
            writer.end()
        }
        synced.removeAll()
    }

    /// Ends everything that was begun on this connection, which has closed.
    package mutating func close(_ registry: inout Registry) {
        for place in watches.keys { registry.unwatch(place, by: id, of: peer) }
        if allWatch != nil { registry.unwatchAll(by: id) }
        for run in runs { registry.lose(run, of: id) }
        self = Session(id: id, peer: peer)
    }
}

// MARK: - Requests

extension Session {
    /// What a session cannot know by itself and needs for an answer.
    package enum Need: Sendable {
        /// The source is to be read: then ``await(_:_:)``.
        case read
        /// The peer's process, and so many above it, then ``enter(_:_:_:to:)``.
        case process(Entering)
        /// A look at the processes of lost runs, then ``list(runsOf:_:)``.
        case lostRuns(WorkflowName?)
        /// What there is to say of the sidecar, then ``answer(_:runsAfter:)``.
        case information
        case metrics
    }

    /// A run that is being entered.
    package struct Entering: Sendable {
        package let name: WorkflowName
        package let run: RunID
        /// How many processes above the peer's own stand for it as well.
        package let parents: Int
        package let since: Timestamp
    }

    /// Why it does not go on with what has been received.
    package enum Pause: Sendable {
        /// The others have their turn.
        case turnIsOver
        /// There is no whole request any more.
        case needsMore
        /// The request at this place of what was received needs something.
        case needs(Need, Range<Int>)
        case lineIsTooLong
    }

    /// Writes what is due and answers requests, as much as the turn allows.
    package mutating func handle(
        _ requests: inout RequestCutter, _ now: ContinuousClock.Instant, _ time: () -> Timestamp,
        _ registry: inout Registry, in turn: inout Turn, to writer: inout LineWriter
    ) -> Pause {
        while true {
            if isSilent {
                writer.removeAll()
                fallSilent()
            }
            if isOwed(registry) { writeDue(&registry, in: &turn, to: &writer) }
            guard !isAnswering, turn.allowsRequest(written: writer.count) else { return .turnIsOver }
            switch requests.next() {
            case .request(let place):
                let need = handle(requests[place].span, now, time, &registry, &turn, to: &writer)
                if let need { return .needs(need, place) }
            case .incomplete: return .needsMore
            case .tooLong: return .lineIsTooLong
            }
        }
    }

    /// Answers a request, a line without its line feed, or says what is needed for that.
    package mutating func handle(
        _ line: Span<UInt8>, _ now: ContinuousClock.Instant, _ time: () -> Timestamp,
        _ registry: inout Registry, _ turn: inout Turn, to writer: inout LineWriter
    ) -> Need? {
        turn.note(cost: 1)
        if !isGreeted, line.begins(with: "status ") {
            // What is asked most, without making a string of the name. What has fields behind it is no plain name.
            let end = line[line.count - 1] == UInt8(ascii: "\r") ? line.count - 1 : line.count
            if registry.writeStatus(ofPlainName: line.extracting(7..<max(7, end)), to: &writer) { return nil }
        }
        do throws(Request.Mistake) {
            let request = try Request(line)
            turn.note(cost: request.extraCost)
            return try answer(request, now, time(), &registry, to: &writer)
        } catch {
            refuse(line, expected: error.expected, to: &writer)
            return nil
        }
    }
}

extension Span<UInt8> {
    /// Whether these bytes come first.
    fileprivate func begins(with bytes: StaticString) -> Bool {
        count >= bytes.utf8CodeUnitCount
            && withUnsafeBytes { memcmp($0.baseAddress!, bytes.utf8Start, bytes.utf8CodeUnitCount) == 0 }
    }
}
