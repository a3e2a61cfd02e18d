internal import EmergencyStop
internal import EmergencyStopCore
internal import EmergencyStopServing
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Stands in for a sidecar: answers a client over a pair of sockets, on the client's own event loop. What is answered
/// is up to the sidecar's own registry and sessions.
// Unchecked because the compiler does not know event loops: all state is touched on the loop alone.
final class InMemorySidecar: @unchecked Sendable {
    /// How long one answer proves that this lives: longer than any test takes.
    static let lease = Duration.seconds(24 * 3_600)

    let loop: any EventLoop
    private var entries: [WorkflowName: Entry] = [:]
    private var edition = Edition.none
    private var life: UInt64 = 1
    var registry: Registry
    private var isAlive = true
    private var session: InMemorySession?
    /// Those who wait for a client that is connected and has asked for all that it wants.
    private var waiting: [EventLoopPromise<Void>] = []

    init(loop: any EventLoop, statuses: [String: WorkflowStatus]) {
        self.loop = loop
        registry = Self.registry(of: life)
        for (text, status) in statuses {
            if let name = try? WorkflowName(text) { entries[name] = Entry(name: name, status: status) }
        }
        _ = serve()
    }

    /// How the client connects to this.
    var connector: Connector {
        .pair(address: "the in-memory emergency stop") { [self] _ in try connect() }
    }

    private struct Absence: Error, CustomStringConvertible {
        let description = "the in-memory sidecar was lost"
    }

    private func connect() throws -> NIOBSDSocket.Handle {
        loop.preconditionInEventLoop()
        guard isAlive else { throw Absence() }
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
            throw IOError(errnoCode: errno, reason: "socketpair")
        }
        let session = NIOLoopBound(InMemorySession(self), eventLoop: loop)
        self.session = session.value
        ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(session.value)
                }
            }
            .withConnectedSocket(ends[1])
            .whenFailure { _ in session.value.close() }
        return ends[0]
    }

    private static func registry(of life: UInt64) -> Registry {
        let life = Life(instance: RunID(high: 0, low: life), version: "in memory")
        return Registry(life, startedAt: .now, lease: lease, limits: Limits())
    }

    /// Serves the entries as they are now.
    private func serve() -> [Effects] {
        let snapshot = Snapshot(SettledState(condition: .readable, entries: EntryTable(Array(entries.values))))
        let (next, change) = edition.next(snapshot)
        edition = next
        return registry.apply(
            SnapshotUpdate(next, change), verifiedAt: .now, satisfied: .none, at: .now, Self.time
        )
    }
}

// MARK: - For the session

extension InMemorySidecar {
    /// No line that a client reads has a time in it.
    static let time = Timestamp(seconds: 0, nanoseconds: 0)

    func answeredPing() {
        for promise in waiting { promise.succeed() }
        waiting = []
    }
}

// MARK: - For tests

extension InMemorySidecar {
    /// Changes what an operator could change, and tells the client.
    func change(_ text: String, to status: WorkflowStatus?, reason: String? = nil, by: String? = nil) async {
        guard let name = try? WorkflowName(text) else { return }
        await onLoop { [self] in
            entries[name] = status.map { Entry(name: name, status: $0, reason: reason, by: by) }
            for effects in serve() { session?.announce(effects) }
        }
    }

    func lose() async {
        await onLoop { [self] in die() }
    }

    func restore() async {
        await onLoop { [self] in beginLife() }
    }

    /// Dies and begins another life, at once: when the test has its next turn is up to the machine.
    func restart() async {
        await onLoop { [self] in
            die()
            beginLife()
        }
    }

    private func die() {
        isAlive = false
        session?.close()
        session = nil
    }

    private func beginLife() {
        isAlive = true
        life += 1
        edition = .none
        registry = Self.registry(of: life)
        _ = serve()
    }

    /// Waits until a client is connected and has asked for all that it wants.
    func waitForClient() async {
        let promise = loop.makePromise(of: Void.self)
        await onLoop { [self] in
            if session?.hasAnsweredPing == true { promise.succeed() } else { waiting.append(promise) }
        }
        try? await promise.futureResult.get()
    }

    /// How many lines the present connection was sent.
    func linesSent() async -> Int {
        (try? await loop.submit { [self] in session?.linesSent ?? 0 }.get()) ?? 0
    }

    func runs(of text: String) async -> Int {
        guard let name = try? WorkflowName(text) else { return 0 }
        return (try? await loop.submit { [self] in session == nil ? 0 : registry.runs(of: name) }.get()) ?? 0
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) async {
        // The process's event loops refuse no work.
        try? await loop.submit(body).get()
    }
}
