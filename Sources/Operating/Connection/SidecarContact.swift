internal import EmergencyStopCore
internal import Glibc

/// A sidecar that may or may not be there, for commands whose work does not depend on it.
final class SidecarContact {
    private let endpoint: SidecarEndpoint
    /// How long each question before the edit may take.
    private let patience: Duration
    /// Why there is none.
    private(set) var error: SidecarError?
    private(set) var connection: SidecarConnection?
    /// What it tells about itself.
    private(set) var information: SidecarInformation?
    private var knownPresence: [WorkflowName: EditRequest.Presence]?

    init(_ endpoint: SidecarEndpoint, patience: Duration) {
        self.endpoint = endpoint
        self.patience = min(patience, endpoint.timeout)
        do throws(SidecarError) {
            let connection = try SidecarConnection(to: endpoint.path, limit: self.patience)
            information = try SidecarInformation(connection)
            connection.limit = endpoint.timeout
            self.connection = connection
        } catch {
            self.error = error
        }
    }

    /// The names that are watched or run; `nil` where nobody tells. Asked for where it matters, as there may be
    /// 100,000 entries to list.
    var present: [WorkflowName: EditRequest.Presence]? {
        if knownPresence == nil { knownPresence = attempt(presence) }
        return knownPresence
    }

    private func presence(
        _ connection: SidecarConnection
    ) throws(SidecarError) -> [WorkflowName: EditRequest.Presence] {
        connection.limit = patience
        defer { connection.limit = endpoint.timeout }
        var present: [WorkflowName: EditRequest.Presence] = [:]
        for status in try connection.list() {
            let presence = EditRequest.Presence(watchers: status.watchers ?? 0, runs: status.runs ?? 0)
            if presence.watchers > 0 || presence.runs > 0 { present[status.name] = presence }
        }
        return present
    }

    /// Connects again to a sidecar that was lost or had nothing to say yet, as while it is restarted.
    func reconnect(until deadline: ContinuousClock.Instant) -> Bool {
        guard connection == nil, let lost = error, lost.mayPass else { return false }
        while true {
            usleep(20_000)
            let left = deadline - .now
            guard left > .zero else { return false }
            do throws(SidecarError) {
                let connection = try SidecarConnection(to: endpoint.path, limit: left)
                information = try SidecarInformation(connection)
                connection.limit = endpoint.timeout
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
