internal import EmergencyStopCore
public import Logging
package import NIOCore
internal import NIOPosix
public import ServiceLifecycle

/// Knows from the host's sidecar, `estopd`, which workflows may run.
///
/// ```swift
/// try await withEmergencyStopClient { estop in
///     try await estop.withWorkflow("SatelliteDiskErase") { run in
///         for disk in disks {
///             try await run.checkpoint()
///             try await erase(disk)
///         }
///     }
/// }
/// ```
///
/// A client answers `go` only if a stop file that settled lists that very name as `go`, and the sidecar has proved
/// itself alive within the last ten seconds. In every other case, among them every failure, it answers `stop` with a
/// ``StatusReport/cause`` that says why.
///
/// It has to be run: by ``withEmergencyStopClient(_:logger:isolation:_:)``, or as a service of a `ServiceGroup`. Put it into
/// the group *before* the services that use it, as groups shut down in reverse order.
///
/// **Concurrency.** Every method may be called from any task or actor. The connection has a thread of its own, so that
/// a stop is heard even while every thread of Swift's pool is busy. One client serves a whole process.
public final class EmergencyStopClient: Service {
    package let configuration: Configuration
    let logger: Logger
    let subscriptions = Subscriptions()
    let lifecycle: Lifecycle
    private let connector: Connector

    /// Creates a client for the sidecar at `$ESTOP_SOCKET`, else at `/run/estop/estop.sock`.
    ///
    /// It never fails: if the environment names a path that can be no socket's, every workflow is stopped with a reason
    /// that says so.
    public convenience init() {
        let configuration = Configuration()
        self.init(
            configuration, logger: Self.defaultLogger,
            connector: .socket(configuration.socketPath, timeout: configuration.reconnect.connectTimeout)
        )
    }

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - configuration: Where the sidecar is, and how soon what is noticed.
    ///   - logger: Told of connections that come and go, and of stops for want of a sidecar; by default one labelled
    ///     `estop`.
    /// - Throws: ``Configuration/ValidationError`` if the configuration cannot keep the promises.
    public convenience init(
        configuration: Configuration, logger: Logger? = nil
    ) throws(Configuration.ValidationError) {
        try configuration.validate()
        self.init(
            configuration, logger: logger ?? Self.defaultLogger,
            connector: .socket(configuration.socketPath, timeout: configuration.reconnect.connectTimeout)
        )
    }

    /// Creates a client for the sidecar at this socket, with the defaults of everything else.
    ///
    /// - Throws: ``Configuration/ValidationError`` if the path can be no socket's.
    public convenience init(socketPath: String, logger: Logger? = nil) throws(Configuration.ValidationError) {
        try self.init(configuration: Configuration(socketPath: socketPath), logger: logger)
    }

    package init(_ configuration: Configuration, logger: Logger, connector: Connector) {
        self.configuration = configuration
        self.logger = logger
        lifecycle = Lifecycle(logger: logger)
        self.connector = connector
    }

    /// Runs the client until the task is cancelled or its service group shuts down.
    ///
    /// From then on every workflow is `stop` with the cause ``StopCause/notRunning``, and bodies that still run are
    /// cancelled; they have one second to return, so that the sidecar hears that they have.
    ///
    /// A client runs once. A call while it runs already, as the client of an in-memory emergency stop does, only waits
    /// for its own end; a call after that logs an error and returns.
    public func run() async {
        if case .ended = lifecycle.phase { return logger.error("a client runs once: make another to run again") }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let running = start(on: group.next())
        // Both a graceful shutdown and a cancellation end the wait, and nothing else does.
        try? await gracefulShutdown()
        if let running { await stop(running) }
        group.shutdownGracefully { _ in }
    }

    /// Starts the client on an event loop, unless it was started before.
    package func start(on loop: any EventLoop) -> Running? {
        guard lifecycle.begin() else { return nil }
        let driver = ConnectionDriver(
            loop: loop, connector: connector, subscriptions: subscriptions,
            settings: configuration.machineSettings, breaker: configuration.breaker,
            trusted: TrustedUsers(userIDs: configuration.trustedUserIDs),
            observer: ConnectionObserver(logger: logger, address: connector.address)
        )
        driver.start()
        return Running(driver: driver)
    }

    /// Stops what was started.
    package func stop(_ running: Running) async {
        await running.driver.stop()
        lifecycle.end()
    }

    private static var defaultLogger: Logger { Logger(label: "estop") }
}

extension EmergencyStopClient {
    /// A client that was started.
    package struct Running: Sendable {
        let driver: ConnectionDriver

        /// Lets all leases end now, as if their time were over.
        package func endLeases() async {
            await driver.endLeases()
        }

        /// Returns when all that the sidecar has sent is handled, or the connection is gone.
        package func catchUp() async {
            await driver.catchUp()
        }
    }
}
