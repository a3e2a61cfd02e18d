public import EmergencyStop
public import EmergencyStopCore
internal import Logging
internal import NIOCore
internal import NIOPosix

/// An emergency stop without a file and without a sidecar, to test workflows against stop, pause, go and a sidecar that
/// is lost.
///
/// ```swift
/// @Test func `a stop ends the erasing`() async throws {
///     let stop = await InMemoryEmergencyStop(["SatelliteDiskErase": .go])
///     let erasing = Task { try await eraseDisks(under: stop.client) }
///     await stop.set(.stop, for: "SatelliteDiskErase", reason: "wrong datacenter")
///     await #expect(throws: EmergencyStopped.self) { try await erasing.value }
/// }
/// ```
///
/// The ``client`` is a real one: it speaks the real protocol, over a socket, to a stand-in for the sidecar in this
/// process. Only time is not real: a lease ends where a test says so, at once, and nowhere else, however busy the
/// machine is and however long a debugger halts it.
///
/// Names that were not set are `stop`, as with a stop file. Tests may each have one of these and run in parallel.
public struct InMemoryEmergencyStop: Sendable {
    /// The client to hand to the workflow. It runs already, and stops when the last copy of this value is gone.
    public var client: EmergencyStopClient { owner.client }

    private let owner: Owner

    /// Creates an emergency stop, with a client that is connected.
    ///
    /// - Parameter statuses: What holds from the start, by name; every other name is `stop`.
    public init(_ statuses: [String: WorkflowStatus] = [:]) async {
        let sidecar = InMemorySidecar(loop: NIOSingletons.posixEventLoopGroup.next(), statuses: statuses)
        var configuration = EmergencyStopClient.Configuration(socketPath: "/in-memory")
        configuration.lease = InMemorySidecar.lease
        configuration.resumeJitter = .zero
        configuration.reconnect.longestBackoff = .milliseconds(10)
        configuration.reconnect.breakerTimeout = .milliseconds(10)
        let client = EmergencyStopClient(
            configuration, logger: Logger(label: "estop") { _ in SwiftLogNoOpLogHandler() },
            connector: sidecar.connector
        )
        owner = Owner(client, sidecar)
        await sidecar.waitForClient()
    }

    /// Sets a workflow's status, as an operator would in the stop file. A name that ends in `*` restrains all names
    /// that begin so.
    ///
    /// When this returns the client has it: statuses read from then on show it, and runs that it stops are cancelled.
    /// A text that can be no name changes nothing.
    public func set(_ status: WorkflowStatus, for name: String, reason: String? = nil, by: String? = nil) async {
        await owner.sidecar.change(name, to: status, reason: reason, by: by)
        await owner.running?.catchUp()
    }

    /// Takes a workflow's entry away, which stops it with the cause `StopCause.unlisted`.
    public func remove(_ name: String) async {
        await owner.sidecar.change(name, to: nil)
        await owner.running?.catchUp()
    }

    /// The sidecar dies, and the client's lease ends: every workflow is stopped as `StopCause.unreachable`.
    ///
    /// When this returns the client has noticed.
    public func loseSidecar() async {
        await owner.sidecar.lose()
        await endLeases()
    }

    /// The sidecar is back, with the statuses that were set last. When this returns the client is connected to it.
    public func restoreSidecar() async {
        await owner.sidecar.restore()
        await reconnect()
    }

    /// The sidecar restarts within the lease, which stops nobody. When this returns the client is connected to it.
    public func restartSidecar() async {
        await owner.sidecar.restart()
        await reconnect()
    }

    private func reconnect() async {
        await owner.sidecar.waitForClient()
        await owner.running?.catchUp()
    }

    /// Every lease of the client ends, and every wait for a first answer.
    package func endLeases() async {
        await owner.running?.endLeases()
    }

    /// How many runs of a workflow are registered, as `estopctl ps` shows them.
    public func runs(of name: String) async -> Int {
        await owner.sidecar.runs(of: name)
    }
}

extension InMemoryEmergencyStop {
    /// Stops the client when nobody has use for it any more.
    private final class Owner: Sendable {
        let client: EmergencyStopClient
        let sidecar: InMemorySidecar
        let running: EmergencyStopClient.Running?

        init(_ client: EmergencyStopClient, _ sidecar: InMemorySidecar) {
            self.client = client
            self.sidecar = sidecar
            running = client.start(on: sidecar.loop)
        }

        deinit {
            guard let running else { return }
            Task { [client] in await client.stop(running) }
        }
    }
}
