internal import EmergencyStop
package import EmergencyStopCore
internal import Glibc

/// Keeps a connection and shows what comes over it, until a signal ends the process.
package struct WatchSession {
    private static let pingInterval = Duration.seconds(2)
    /// How long a ping may be unanswered: less than a lease, so that an answer to the next one still counts.
    private static let silence = Duration.seconds(5)
    private static let reconnectInterval = Duration.milliseconds(500)

    let names: [WorkflowName]
    let endpoint: SidecarEndpoint
    let json: Bool

    package init(names: [WorkflowName], endpoint: SidecarEndpoint, json: Bool) {
        self.names = names
        self.endpoint = endpoint
        self.json = json
    }

    private var exactNames: [WorkflowName] { names.filter { !$0.isPattern } }
    /// Whether all entries are followed, and what is asked for is picked out here.
    private var followsAll: Bool { names.isEmpty || names.contains(where: \.isPattern) }

    package func run() {
        var view = WatchView(names: exactNames, followsAll: followsAll, now: .now)
        var display = WatchDisplay(json: json)
        var problem: SidecarError?
        while true {
            do throws(SidecarError) {
                try follow(try endpoint.connect(), &view, &display, &problem)
            } catch {
                problem = error
            }
            for report in view.lapse(at: .now) { display.change(report) }
            display.show(view, problem: problem)
            usleep(UInt32(Self.reconnectInterval / .microseconds(1)))
        }
    }

    private func isFollowed(_ status: ServerLine.Status) -> Bool {
        names.isEmpty || names.contains { $0.matches(status.name) }
            || status.name == .everything && (status.report.isOfEveryName || status.report.isWithoutEntry)
    }

    /// Follows one connection until it breaks, or is silent: what a sidecar has to tell that stood still, it tells anew
    /// on another.
    private func follow(
        _ connection: SidecarConnection, _ view: inout WatchView, _ display: inout WatchDisplay,
        _ problem: inout SidecarError?
    ) throws(SidecarError) {
        try connection.send((followsAll ? [.watchAll] : []) + exactNames.map { .watch($0) })
        var seen: Set<WorkflowName>? = followsAll ? [] : nil
        // The entries that are followed do not tell why there are none.
        let signsOfLife: [Request] = (followsAll ? [.status(.everything)] : []) + [.ping(token: "watch")]
        var pingedAt = ContinuousClock.now
        try connection.send(signsOfLife)
        var nextPing = pingedAt + Self.pingInterval
        var isAnswered = false
        while true {
            let now = ContinuousClock.now
            if isAnswered, now >= nextPing {
                pingedAt = now
                nextPing = now + Self.pingInterval
                isAnswered = false
                try connection.send(signsOfLife)
            }
            // Twice a second, for what is marked as new and for the lapse.
            let line = try connection.line(until: now + .milliseconds(500))
            let arrival = ContinuousClock.now
            // What lay there while this process stood still is no proof that the sidecar lives.
            for report in view.lapse(at: arrival) { display.change(report) }
            switch line?.understood {
            case .status(let status) where isFollowed(status):
                seen?.insert(status.name)
                if let report = view.note(status, at: arrival) { display.change(report) }
            case .watching:
                if let names = seen { view.keep(only: names) }
                seen = nil
            case .pong:
                isAnswered = true
                problem = nil
                view.noteAlive(pingSentAt: pingedAt)
            default: break
            }
            if !isAnswered, arrival - pingedAt > Self.silence {
                throw SidecarError(reason: .silent(Self.silence), socket: endpoint.path)
            }
            if !connection.hasLine { display.show(view, problem: problem) }
        }
    }
}
