import EmergencyStopCore
import Resilience

@testable import EmergencyStop

/// Plays events to a state machine, with times in seconds, and keeps what came out.
struct Transcript {
    typealias Machine = ConnectionStateMachine

    private(set) var machine: Machine
    static let answerTimeout = 8.0

    init(lease: Double = 10, pingInterval: Double = 2) {
        machine = Machine(
            .init(
                lease: .seconds(lease),
                pingInterval: .seconds(pingInterval),
                backoff: ExponentialBackoff(
                    initial: .milliseconds(100), multiplier: 2, maximum: .milliseconds(400), jitter: .none),
                address: "S"
            )
        )
    }

    /// What is done about an event at a time.
    @discardableResult
    mutating func at(_ time: Double, _ event: Machine.Event) -> [Machine.Action] {
        machine.handle(event, at: .seconds(time)).filter {
            if case .note = $0 { false } else { true }
        }
    }

    /// What is noted for log and metrics of an event at a time.
    mutating func notes(_ time: Double, _ event: Machine.Event) -> [Machine.Note] {
        machine.handle(event, at: .seconds(time)).compactMap {
            if case .note(let note) = $0 { note } else { nil }
        }
    }

    /// What is done about a line, given as the sidecar writes it.
    @discardableResult
    mutating func at(_ time: Double, _ line: String) -> [Machine.Action] {
        at(time, .received(ServerLine(Array(line.utf8).span)))
    }

    /// Starts, connects to a sidecar of this life, and gets the first ping answered.
    mutating func connect(at time: Double, instance: String = "one", pong: Int = 1) {
        at(time, .start)
        open(at: time, instance: instance)
        at(time, "pong \(pong)\tttl=20000")
    }

    /// There is a connection, and `hello` is answered.
    @discardableResult
    mutating func open(at time: Double, instance: String = "one") -> [Machine.Action] {
        let actions = at(time, .connected(.init(userID: 0, isTrusted: true)))
        at(time, "hello 1\tinstance=\(instance)\tversion=1.0.0")
        return actions
    }

    mutating func watch(_ name: String, at time: Double) -> [Machine.Action] {
        at(time, .watch(WorkflowName(validated: name), answerBy: .seconds(time + Self.answerTimeout)))
    }

    /// What holds for a name.
    func holds(_ name: String, at time: Double) -> WorkflowStatus? {
        machine.inForce(WorkflowName(validated: name), at: .seconds(time))?.status
    }
}

extension MonotonicInstant {
    static func seconds(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64((seconds * 1_000_000_000).rounded()))
    }
}

extension [ConnectionStateMachine.Action] {
    /// The statuses that are told of a name, in order, each with when it is believed until and its cause.
    func told(_ name: String) -> [StatusReport] {
        compactMap { action in
            if case .tell(let told, let report, _) = action, told.text == name { report } else { nil }
        }
    }

    func statuses(_ name: String) -> [WorkflowStatus] { told(name).map(\.status) }

    /// Until when something is believed from now on: in seconds.
    var extensions: [Double] {
        compactMap { action in
            switch action {
            case .extend(_, let end): Double(end.nanoseconds) / 1e9
            case .tell(_, let report, let end) where report.status != .stop: Double(end.nanoseconds) / 1e9
            default: nil
            }
        }
    }

    /// The requests that are sent, as they are written.
    var sent: [String] {
        compactMap { action in
            guard case .send(let request) = action else { return nil }
            var writer = LineWriter()
            request.write(to: &writer)
            return String(decoding: writer.bytes.dropLast(), as: UTF8.self)
        }
    }
}
