internal import CoreMetrics
internal import EmergencyStopCore
internal import EmergencyStopServing
internal import Synchronization

/// What the sidecar measures. Thread-safe.
final class SidecarMetrics: Sendable {
    /// What a turn of the loop may take; a longer one is counted.
    private static let longTurn = Duration.milliseconds(10)

    private let registry = OpenMetricsRegistry()
    private let reads: [ReadTrigger: Counter]
    private let notifyDuration: CoreMetrics.Timer
    private let longTurns: Counter
    private let longestTurn = Atomic<Int64>(0)

    init() {
        let registry = registry
        reads = Dictionary(
            uniqueKeysWithValues: ReadTrigger.allCases.map {
                ($0, Counter(label: "estop_reads", dimensions: [("trigger", $0.rawValue)], factory: registry))
            }
        )
        notifyDuration = CoreMetrics.Timer(label: "estop_notify_duration_seconds", dimensions: [], factory: registry)
        longTurns = Counter(label: "estop_loop_long_turns", dimensions: [], factory: registry)
    }

    /// Takes note of how long the loop was with one connection, or with one thing that it was told.
    func noteTurn(_ duration: Duration) {
        let nanoseconds = duration.wholeNanoseconds
        if nanoseconds > longestTurn.load(ordering: .relaxed) { longestTurn.store(nanoseconds, ordering: .relaxed) }
        if duration > Self.longTurn { longTurns.increment() }
    }

    /// Counts a read, and what was wrong with the file.
    func count(_ event: SourceEvent) {
        if case .fleet(let finding) = event.finding { return count(finding) }
        reads[event.trigger]?.increment()
        switch event.finding {
        case .settled(let state):
            if let cause = state.condition.cause { countFileError(cause.rawValue) }
        case .failed: countFileError("failed")
        case .shown, .verified, .fleet: break
        }
    }

    private func count(_ finding: FleetFinding) {
        let found =
            switch finding {
            case .live, .left: "usable"
            case .stopped(let condition, _): condition.word
            case .failed: "failed"
            }
        Counter(label: Self.fleetReads, dimensions: [("found", found)], factory: registry).increment()
    }

    private static let fleetReads = "estop_fleet_file_reads"

    /// Writes how often the fleet file was read.
    func writeFleet(to text: inout OpenMetricsText) {
        registry.write(Self.fleetReads, .counter, help: "Reads of the fleet file, by what they found.", to: &text)
    }

    func countRejection(_ refusal: Admission.Refusal) {
        countRejection(reason: refusal.label)
    }

    /// Counts a connection that there was no descriptor for.
    func countRejectionForWantOfDescriptors() {
        countRejection(reason: "descriptors")
    }

    func count(_ changes: Tally) {
        for (status, cause, names) in changes.all {
            Counter(
                label: "estop_status_changes", dimensions: [("status", status.rawValue), ("cause", cause.rawValue)],
                factory: registry
            ).increment(by: names)
        }
    }

    /// Records how long it took from the start of a read to the last line that it caused.
    func recordNotification(_ duration: Duration) {
        notifyDuration.recordNanoseconds(duration.wholeNanoseconds)
    }

    /// Writes what has been counted.
    func write(to text: inout OpenMetricsText) {
        registry.write("estop_reads", .counter, help: "Reads of the stop file, by what caused them.", to: &text)
        registry.write(
            "estop_file_errors", .counter, help: "Times that the stop file was found unusable, by cause.", to: &text
        )
        registry.write(
            "estop_connections_rejected", .counter, help: "Connections that were refused, by reason.", to: &text
        )
        registry.write(
            "estop_status_changes", .counter, help: "Changes of names' statuses, by what they became and why.",
            to: &text
        )
        registry.write(
            "estop_notify_duration_seconds", .histogram,
            help: "Time from the start of a read to the last line that it caused.", to: &text
        )
        text.family(
            "estop_loop_longest_turn_seconds", .gauge,
            help: "The longest time for which the loop could not turn to the next connection."
        )
        text.sample("estop_loop_longest_turn_seconds", Double(longestTurn.load(ordering: .relaxed)) / 1e9)
        registry.write(
            "estop_loop_long_turns", .counter, help: "Turns of the loop that took longer than 10 ms.", to: &text
        )
    }

    private func countFileError(_ cause: String) {
        Counter(label: "estop_file_errors", dimensions: [("cause", cause)], factory: registry).increment()
    }

    private func countRejection(reason: String) {
        Counter(label: "estop_connections_rejected", dimensions: [("reason", reason)], factory: registry).increment()
    }
}
