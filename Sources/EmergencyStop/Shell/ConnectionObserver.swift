internal import CoreMetrics
internal import Dispatch
internal import EmergencyStopCore
internal import Logging
internal import Synchronization

/// Puts into the log and the metrics what an operator should know of a connection.
///
/// Metrics: `estop_client_connected` (1 or 0), `estop_client_connections_total`, `estop_client_disconnections_total`,
/// `estop_client_lapses_total` (names), `estop_client_refusals_total`, `estop_client_answer_duration_seconds`.
///
/// Loggers and metrics are the program's, and may block. So they are called on a thread of their own: what that one
/// cannot take in time is dropped and counted, and the event loop never waits for it.
final class ConnectionObserver: Sendable {
    /// How many notes may wait for a logger that is slow.
    private static let limit = 256

    private let logger: Logger
    private let address: String
    private let connected: Recorder
    private let connections: Counter
    private let disconnections: Counter
    private let lapses: Counter
    private let refusals: Counter
    private let answers: CoreMetrics.Timer
    private let queue = DispatchQueue(label: "estop-observer")
    private let waiting = Atomic(0)
    private let dropped = Atomic(0)

    init(logger: Logger, address: String) {
        self.logger = logger
        self.address = address
        connected = Recorder(label: "estop_client_connected", aggregate: false)
        connections = Counter(label: "estop_client_connections_total")
        disconnections = Counter(label: "estop_client_disconnections_total")
        lapses = Counter(label: "estop_client_lapses_total")
        refusals = Counter(label: "estop_client_refusals_total")
        answers = CoreMetrics.Timer(label: "estop_client_answer_duration_seconds")
    }

    /// Takes a note. Returns at once; called by the event loop alone.
    func observe(_ note: ConnectionStateMachine.Note) {
        guard waiting.load(ordering: .acquiring) < Self.limit else {
            dropped.add(1, ordering: .relaxed)
            return
        }
        waiting.add(1, ordering: .relaxed)
        queue.async { [self] in
            write(note)
            waiting.subtract(1, ordering: .releasing)
            let lost = dropped.exchange(0, ordering: .relaxed)
            if lost > 0 { logger.warning("the log was too slow for some notes", metadata: ["dropped": "\(lost)"]) }
        }
    }

    private func write(_ note: ConnectionStateMachine.Note) {
        switch note {
        case .connected(let instance):
            connected.record(1)
            connections.increment()
            logger.info(
                "connected to the sidecar",
                metadata: ["socket": "\(address)", "instance": "\(instance ?? "unknown")"]
            )
        case .disconnected(let reason, let leaseLeft):
            connected.record(0)
            disconnections.increment()
            var metadata: Logger.Metadata = ["socket": "\(address)", "reason": "\(reason)"]
            if let leaseLeft {
                metadata["lease-left"] = "\(leaseLeft.written)"
                logger.warning(
                    "no connection to the sidecar: what it said last holds until the lease ends", metadata: metadata
                )
            } else {
                logger.warning("no connection to the sidecar: every workflow is stopped", metadata: metadata)
            }
        case .lapsed(let names):
            lapses.increment(by: names)
            logger.error(
                "no word from the sidecar within the lease: stopping",
                metadata: ["socket": "\(address)", "names": "\(names)"]
            )
        case .missedStop(let name):
            logger.warning("a stop came and went unheard: stopping", metadata: ["workflow": "\(name)"])
        case .refused(let refusal):
            refusals.increment()
            logger.error(
                "the sidecar refuses a request",
                metadata: [
                    "request": "\(refusal.verb)", "workflow": "\(refusal.name?.text ?? "")",
                    "expected": "\(refusal.expected)",
                ]
            )
        case .answered(let duration):
            answers.recordNanoseconds(duration.wholeNanoseconds)
        }
    }
}
