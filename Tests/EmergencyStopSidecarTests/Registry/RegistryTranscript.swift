import EmergencyStop
import EmergencyStopSidecar

/// A registry with a source that says what the test has it say, and a clock that the test sets.
final class RegistryTranscript {
    let registry: Registry
    let processes = KnownProcesses()
    /// The time, in milliseconds since the registry began.
    var now = 0
    private let begin = ContinuousClock.now
    private var digest = SourceDigest()
    private var waiting: Delivery?

    init(leaseMilliseconds: Int = 20_000, historyLimit: Int = 100) {
        registry = Registry(
            startedAt: begin, lease: .milliseconds(leaseMilliseconds), historyLimit: historyLimit, processes: processes
        )
    }

    var instant: ContinuousClock.Instant { begin + .milliseconds(now) }
    var time: Timestamp { Timestamp(seconds: now / 1000, nanoseconds: now % 1000 * 1_000_000) }

    /// Has the source find these entries settled.
    func settle(_ entries: KeyValuePairs<String, WorkflowStatus>, satisfied: UInt64 = 0) {
        say(.settled(SettledState(condition: .readable, entries: table(entries))), satisfied)
        deliver()
    }

    func settle(_ condition: SettledState.Condition) {
        say(.settled(SettledState(condition: condition)), 0)
        deliver()
    }

    func show(_ entries: KeyValuePairs<String, WorkflowStatus>) {
        say(.shown(table(entries)), 0)
        deliver()
    }

    func verify(satisfied: UInt64 = 0) {
        say(.verified(nil), satisfied)
        deliver()
    }

    /// Has the source find entries which the event loop does not take yet: what comes merges with it.
    func settleUnheard(_ entries: KeyValuePairs<String, WorkflowStatus>) {
        say(.settled(SettledState(condition: .readable, entries: table(entries))), 0)
    }

    func settleUnheard(_ condition: SettledState.Condition) {
        say(.settled(SettledState(condition: condition)), 0)
    }

    func deliver() {
        guard let delivery = waiting else { return }
        waiting = nil
        registry.apply(
            delivery.update, verifiedAt: delivery.verifiedAt, satisfied: delivery.satisfied, at: instant, time
        )
    }

    private func say(_ finding: SourceEvent.Finding, _ satisfied: UInt64) {
        let delivery = digest.digest(
            SourceEvent(
                finding: finding, readAt: instant, trigger: .hint, satisfied: ReadRequest(number: satisfied)
            )
        )
        if waiting == nil { waiting = delivery } else { waiting?.absorb(delivery) }
    }

    private func table(_ entries: KeyValuePairs<String, WorkflowStatus>) -> EntryTable {
        EntryTable(entries.map { Entry(name: WorkflowName(validated: $0.key), status: $0.value) })
    }
}

/// A watcher that reads what it is told when the test says so.
final class TestWatcher: Watcher {
    private let registry: Registry
    private var watches: [Watch] = []
    private var all: AllWatch?
    private(set) var synced: [UInt64] = []

    init(_ transcript: RegistryTranscript, _ names: String...) {
        registry = transcript.registry
        watches = names.map { registry.watch(WorkflowName(validated: $0), by: self) }
    }

    func watchAll() { all = registry.watchAll(by: self) }

    func endWatches() {
        for watch in watches { registry.end(watch) }
        watches = []
        if let all { registry.end(all) }
        all = nil
    }

    /// What there is to tell, as `STATUS NAME CAUSE`.
    func read(upTo limit: Int = .max) -> [String] {
        var writer = LineWriter()
        for watch in watches { registry.tell(watch, withRevisions: false, to: &writer) }
        if let all { _ = registry.tell(all, withRevisions: false, to: &writer, upTo: limit) }
        return String(decoding: writer.bytes, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: "\t").prefix(2).joined(separator: " ").replacing("cause=", with: "")
        }
    }

    func watchChanged(_ watch: Watch) {}
    func entriesChanged() {}
    func synced(revision: UInt64) { synced.append(revision) }
}

/// Processes of which the test says whether they are gone.
final class KnownProcesses: ProcessObserver {
    var gone: Set<Int32> = []

    func identify(_ peer: Peer) -> (ProcessIdentity, command: [UInt8]) {
        (ProcessIdentity(peer: peer, startedAt: 1), Array("test".utf8))
    }

    /// Those with the ids below.
    func ancestors(of process: ProcessIdentity, atMost count: Int) -> [ProcessIdentity] {
        (0..<count).map { number in
            var ancestor = process
            ancestor.peer.pid -= Int32(number + 1)
            return ancestor
        }
    }

    func isGone(_ process: ProcessIdentity) -> Bool { gone.contains(process.peer.pid) }
}
