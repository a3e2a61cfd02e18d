internal import CoreMetrics
internal import EmergencyStop
internal import Logging

/// Puts into the log and the metrics what an operator should know of a connection.
///
/// Metrics: `estop_client_connected` (1 or 0), `estop_client_connections_total`, `estop_client_disconnections_total`,
/// `estop_client_lapses_total` (names), `estop_client_refusals_total`, `estop_client_answer_duration_seconds`.
struct ConnectionObserver: Sendable {
    private let logger: Logger
    private let address: String
    private let connected: Recorder
    private let connections: Counter
    private let disconnections: Counter
    private let lapses: Counter
    private let refusals: Counter
    private let answers: CoreMetrics.Timer

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

    func observe(_ note: ConnectionStateMachine.Note) {
        switch note {
        case .connected(let instance):
            connected.record(1)
            connections.increment()
            logger.info(
                "connected to the sidecar",
                metadata: ["socket": "\(address)", "instance": "\(instance ?? "unknown")"]
            )
        case .disconnected(let reason):
            connected.record(0)
            disconnections.increment()
            logger.warning("no connection to the sidecar", metadata: ["socket": "\(address)", "reason": "\(reason)"])
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
