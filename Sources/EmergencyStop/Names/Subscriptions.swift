internal import EmergencyStopCore
internal import Synchronization

/// Who wants to know of which names, and what the event loop has yet to hear of it.
///
/// Changes are decided under one lock, and queued under the same lock in the order of the decisions; the event loop is
/// woken outside it, once for all that has queued up.
final class Subscriptions: Sendable {
    /// What the event loop has to hear.
    enum Command: Sendable {
        case watch(WatchedName)
        case forget(WatchedName)
        case join(any ReportReader, WatchedName)
        case part(any ReportReader, WatchedName)
        case enter(LiveRun, registration: Int)
        case leave(LiveRun)
        /// Whether the user at the other end of a connection is one to believe.
        case judged(UInt32, isTrusted: Bool, attempt: Int)
        case shutDown
    }

    private struct Slot {
        let watched: WatchedName
        /// How many streams and runs hold on to the name, and one more if it was asked for by name.
        var holders = 0
    }

    private struct State {
        var slots: [WorkflowName: Slot] = [:]
        /// Names that were asked for, the one asked for first at the front.
        var asked: [WorkflowName] = []
        var isAsked: Set<WorkflowName> = []
        var queue: [Command] = []
        var wake: (@Sendable () -> Void)?
        var isWoken = false
        var isOver = false
    }

    /// How many names are kept in memory only because their status was asked for.
    static let askedLimit = 1_024

    private let state = Mutex(State())

    /// A name that is watched, given as it was when it was asked for first.
    func watched(_ text: String) -> WatchedName? {
        // A name that was not valid and trimmed was never stored, so this finds what it would find after a check.
        let name = WorkflowName(validated: text)
        return state.withLock { $0.slots[name]?.watched }
    }

    /// What holds for a name now, if anything has been told of it.
    func present(_ text: String) -> WorkflowStatus? {
        guard let cell = watched(text)?.cell, cell.isAnswered else { return nil }
        return cell.read()
    }

    /// A name that is asked for, and stays in memory for the next time.
    ///
    /// Of names that are only asked for the last ``askedLimit`` stay. Whoever waits for an answer holds on to the name,
    /// so that it is watched until it has one, however many others are asked for meanwhile.
    ///
    /// - Returns: `nil` once nobody answers any more. Else call ``answered(_:)`` when it is not waited for any longer.
    func ask(_ name: WorkflowName, answerBy: MonotonicInstant) -> WatchedName? {
        change { state in
            guard !state.isOver else { return nil }
            if state.isAsked.insert(name).inserted {
                state.asked.append(name)
                _ = Self.hold(name, answerBy, &state)
                if state.asked.count > Self.askedLimit {
                    let oldest = state.asked.removeFirst()
                    state.isAsked.remove(oldest)
                    Self.release(oldest, &state)
                }
            }
            return Self.hold(name, answerBy, &state)
        }
    }

    /// Whoever asked for a name has its answer, or has given up.
    func answered(_ watched: WatchedName) {
        change { Self.release(watched.name, &$0) }
    }

    /// Adds a reader of a name, who from now on is told of it.
    func join<Reader: ReportReader>(
        _ name: WorkflowName, answerBy: MonotonicInstant, _ make: (WatchedName) -> Reader
    ) -> Reader {
        let (reader, isOver) = change { state in
            let watched = Self.hold(name, answerBy, &state)
            let reader = make(watched)
            state.queue.append(.join(reader, watched))
            return (reader, state.isOver)
        }
        if isOver {
            reader.take(Self.notRunning(name), until: MonotonicInstant(nanoseconds: .min))
            reader.wake()?()
        }
        return reader
    }

    /// Removes a reader.
    func part(_ reader: any ReportReader, _ watched: WatchedName) {
        change { state in
            state.queue.append(.part(reader, watched))
            Self.release(watched.name, &state)
        }
    }

    /// Queues what has to do with a run, or with all.
    func post(_ command: Command) {
        change { $0.queue.append(command) }
    }

    /// The event loop takes over, and is woken by `wake` when there is something for it.
    func begin(wake: @escaping @Sendable () -> Void) {
        change { $0.wake = wake }
    }

    /// Nobody takes anything from the queue any more: all that comes now is answered `not-running`.
    ///
    /// - Returns: What was still queued, and every name that is watched.
    func end() -> (queued: [Command], watched: [WatchedName]) {
        state.withLock { state in
            state.isOver = true
            state.wake = nil
            defer { state.queue = [] }
            return (state.queue, state.slots.values.map(\.watched))
        }
    }

    /// What has queued up since the last time.
    func take() -> [Command] {
        state.withLock { state in
            state.isWoken = false
            defer { state.queue = [] }
            return state.queue
        }
    }

    /// How many names are watched.
    var count: Int { state.withLock { $0.slots.count } }

    static func notRunning(_ name: WorkflowName) -> StatusReport {
        StatusReport(
            name: name.text, status: .stop, cause: .notRunning,
            reason: "nobody runs the client: call run(), or use withEmergencyStopClient"
        )
    }

    static func ended(_ name: WorkflowName) -> StatusReport {
        StatusReport(name: name.text, status: .stop, cause: .notRunning, reason: "the run has ended")
    }

    /// Decides under the lock, then wakes the event loop outside it.
    @discardableResult
    private func change<Value: Sendable>(_ decide: (inout State) -> Value) -> Value {
        let (value, wake): (Value, (@Sendable () -> Void)?) = state.withLock { state in
            let value = decide(&state)
            if state.isOver { state.queue = [] }
            guard !state.queue.isEmpty, !state.isWoken, let wake = state.wake else { return (value, nil) }
            state.isWoken = true
            return (value, wake)
        }
        wake?()
        return value
    }

    /// Holds on to a name, which is watched from now on if it was not before.
    private static func hold(_ name: WorkflowName, _ answerBy: MonotonicInstant, _ state: inout State) -> WatchedName {
        if let slot = state.slots[name] {
            state.slots[name]?.holders += 1
            return slot.watched
        }
        let watched = WatchedName(name, answerBy: answerBy)
        state.slots[name] = Slot(watched: watched, holders: 1)
        state.queue.append(.watch(watched))
        return watched
    }

    /// Lets go of a name, which is watched no longer once nobody holds it.
    private static func release(_ name: WorkflowName, _ state: inout State) {
        guard let slot = state.slots[name] else { return }
        if slot.holders > 1 {
            state.slots[name]?.holders -= 1
        } else {
            state.slots[name] = nil
            state.queue.append(.forget(slot.watched))
        }
    }
}
