internal import EmergencyStop
internal import Glibc

/// A sidecar that may or may not be there, for commands whose work does not depend on it.
final class SidecarContact {
    private let socket: SocketOptions
    /// Why there is none.
    private(set) var error: SidecarError?
    private(set) var connection: SidecarConnection?
    /// What it tells about itself.
    private(set) var information: SidecarInformation?
    /// The names that it knows to be watched or run; `nil` where nobody tells.
    private(set) var present: [WorkflowName: EditRequest.Presence]?

    /// - Parameter limit: How long each of the first questions may take.
    init(_ socket: SocketOptions, limit: Duration) {
        self.socket = socket
        do throws(SidecarError) {
            let connection = try SidecarConnection(to: socket.path, limit: min(limit, socket.timeout.duration))
            information = try SidecarInformation(connection)
            var present: [WorkflowName: EditRequest.Presence] = [:]
            try connection.ask(.list) { line in
                guard case .status(let status) = line.understood else { return }
                let presence = EditRequest.Presence(watchers: status.watchers ?? 0, runs: status.runs ?? 0)
                if presence.watchers > 0 || presence.runs > 0 { present[status.name] = presence }
            }
            self.present = present
            connection.limit = socket.timeout.duration
            self.connection = connection
        } catch {
            self.error = error
        }
    }

    /// Asks to be told of these names from now on.
    func watch(_ names: [WorkflowName]) {
        attempt { connection throws(SidecarError) in try connection.send(names.map { .watch($0) }) }
    }

    /// Connects again to a sidecar that was lost or had nothing to say yet, as while it is restarted.
    func reconnect(until deadline: ContinuousClock.Instant) -> Bool {
        guard connection == nil, let lost = error, lost.mayPass else { return false }
        while true {
            usleep(20_000)
            let left = deadline - .now
            guard left > .zero else { return false }
            do throws(SidecarError) {
                let connection = try SidecarConnection(to: socket.path, limit: left)
                information = try SidecarInformation(connection)
                connection.limit = socket.timeout.duration
                self.connection = connection
                error = nil
                return true
            } catch {
                self.error = error
                guard error.mayPass || error.isAbsence else { return false }
            }
        }
    }

    /// Does something with the connection; where that fails, there is none any more.
    @discardableResult
    func attempt<R>(_ body: (SidecarConnection) throws(SidecarError) -> R) -> R? {
        guard let connection else { return nil }
        do throws(SidecarError) {
            return try body(connection)
        } catch {
            self.error = error
            self.connection = nil
            return nil
        }
    }
}
