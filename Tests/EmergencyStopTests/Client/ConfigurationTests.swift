import EmergencyStop
import Testing

@Suite struct `A configuration` {
    private typealias Configuration = EmergencyStopClient.Configuration

    private func error(_ change: (inout Configuration) -> Void) -> Configuration.ValidationError? {
        var configuration = Configuration(socketPath: "/run/estop/estop.sock")
        change(&configuration)
        do throws(Configuration.ValidationError) {
            _ = try EmergencyStopClient(configuration: configuration)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the defaults fit`() {
        #expect(error { _ in } == nil)
    }

    @Test func `a reconnect that does not fit into the lease is refused, with the sum`() {
        let refused = error { $0.reconnect.breakerTimeout = .seconds(3) }
        #expect(refused?.code == .reconnect)
        #expect(refused?.description.contains("does not fit into the lease of 10 s") == true)
        #expect(error { $0.pingInterval = .seconds(4) }?.code == .reconnect)
        #expect(error { $0.reconnect.longestBackoff = .seconds(2) }?.code == .reconnect)
        #expect(error { $0.lease = .seconds(8) }?.code == .reconnect)
    }

    @Test func `a reconnect may take exactly the lease`() {
        // 2 + 3 + 1 + 0.75 + 1 + 0.5 = 8.25
        #expect(error { $0.lease = .milliseconds(8_250) } == nil)
        #expect(error { $0.lease = .milliseconds(8_249) }?.code == .reconnect)
    }

    @Test func `nothing may go on for longer than ten seconds`() {
        #expect(error { $0.lease = .seconds(11) }?.code == .lease)
    }

    @Test func `durations are positive`() {
        #expect(error { $0.pingInterval = .zero }?.code == .duration)
        #expect(error { $0.reconnect.connectTimeout = .seconds(-1) }?.code == .duration)
        #expect(error { $0.resumeJitter = .seconds(-1) }?.code == .duration)
        #expect(error { $0.reconnect.catchUp = .seconds(Int64.max) }?.code == .duration)
    }

    @Test func `a socket path is absolute and short enough`() {
        #expect(error { $0.socketPath = "" }?.code == .socketPath)
        #expect(error { $0.socketPath = "estop.sock" }?.code == .socketPath)
        let path = "/" + String(repeating: "x", count: 102)
        #expect(error { $0.socketPath = path } == nil)
        #expect(error { $0.socketPath = path + "x" }?.code == .socketPath)
    }
}
