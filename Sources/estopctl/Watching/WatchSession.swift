internal import EmergencyStop
internal import EmergencyStopClient
internal import Glibc

/// Keeps a connection and shows what comes over it, until a signal ends the process.
struct WatchSession {
    private static let pingInterval = Duration.seconds(2)
    private static let reconnectInterval = Duration.milliseconds(500)

    let names: [WorkflowName]
    let socket: SocketOptions
    let json: Bool

    func run() {
        var view = WatchView(names: names, now: .now)
        var display = WatchDisplay(json: json)
        var problem: SidecarError?
        while true {
            do throws(SidecarError) {
                let connection = try socket.connect()
                problem = nil
                try follow(connection, &view, &display)
            } catch {
                problem = error
            }
            for report in view.lapse(at: .now) { display.change(report) }
            display.show(view, problem: problem)
            usleep(UInt32(Self.reconnectInterval / .microseconds(1)))
        }
    }

    /// Follows one connection until it breaks.
    private func follow(
        _ connection: SidecarConnection, _ view: inout WatchView, _ display: inout WatchDisplay
    ) throws(SidecarError) {
        try connection.send(names.isEmpty ? [.watchAll] : names.map { .watch($0) })
        var seen: Set<WorkflowName>? = names.isEmpty ? [] : nil
        var pingedAt = ContinuousClock.now
        try connection.send([.ping(token: "watch")])
        var nextPing = pingedAt + Self.pingInterval
        var isAnswered = false
        while true {
            let now = ContinuousClock.now
            if isAnswered, now >= nextPing {
                pingedAt = now
                nextPing = now + Self.pingInterval
                isAnswered = false
                try connection.send([.ping(token: "watch")])
            }
            // Twice a second, for what is marked as new and for the lapse.
            let line = try connection.line(until: now + .milliseconds(500))
            let arrival = ContinuousClock.now
            // What lay there while this process stood still is no proof that the sidecar lives.
            for report in view.lapse(at: arrival) { display.change(report) }
            switch line?.understood {
            case .status(let status):
                seen?.insert(status.name)
                if let report = view.note(status, at: arrival) { display.change(report) }
            case .watching:
                if let names = seen { view.keep(only: names) }
                seen = nil
            case .pong:
                isAnswered = true
                view.noteAlive(pingSentAt: pingedAt)
            default: break
            }
            if !connection.hasLine { display.show(view, problem: nil) }
        }
    }
}
