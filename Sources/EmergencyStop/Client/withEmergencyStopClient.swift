public import Logging
internal import NIOCore
internal import NIOPosix

/// Runs a client for as long as the body runs.
///
/// ```swift
/// do {
///     try await withEmergencyStopClient { estop in
///         try await estop.withWorkflow("SatelliteDiskErase") { run in
///             try await eraseDisks(run)
///         }
///     }
/// } catch let stopped as EmergencyStopped {
///     print(stopped)
///     exit(75)
/// }
/// ```
///
/// - Parameters:
///   - configuration: Where the sidecar is, and how soon what is noticed; the defaults need no thought.
///   - logger: Told of connections that come and go, and of stops for want of a sidecar; by default one labelled
///     `estop`.
///   - isolation: The caller's actor, on which the body runs.
///   - body: What uses the client. The client stops running when it returns or throws.
/// - Returns: What the body returned.
/// - Throws: ``EmergencyStopClient/Configuration/ValidationError`` if the configuration cannot keep the promises, or what the body threw.
public func withEmergencyStopClient<R>(
    _ configuration: EmergencyStopClient.Configuration = .init(),
    logger: Logger? = nil,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (EmergencyStopClient) async throws -> R
) async throws -> R {
    let client = try EmergencyStopClient(configuration: configuration, logger: logger)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let running = client.start(on: group.next())
    let result: Result<R, any Error>
    do {
        result = .success(try await body(client))
    } catch {
        result = .failure(error)
    }
    if let running { await client.stop(running) }
    group.shutdownGracefully { _ in }
    return try result.get()
}
