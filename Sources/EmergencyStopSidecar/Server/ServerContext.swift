internal import EmergencyStop
internal import EmergencyStopSystem
internal import Logging

/// What the connections of a server share. Belongs to the server's loop.
final class ServerContext {
    let configuration: SidecarConfiguration
    let source: any EntrySource
    let registry: Registry
    let metrics: SidecarMetrics
    let startTime = Timestamp.now()
    /// The name of this life of the sidecar: revisions mean nothing in another.
    let instance: RunID
    /// What all connections write their lines with, one after the other.
    var writer = LineWriter()
    /// What all connections receive into, one after the other: the rest of one line, and a piece behind it.
    let room: UnsafeMutableRawBufferPointer
    /// Whether requests are answered yet.
    private(set) var isOpen = false

    private let logger: Logger
    private var admission: Admission
    private var lastRefusalLogged: ContinuousClock.Instant?
    private var refusalsNotLogged = 0
    /// Called when a connection has closed without leaving its runs.
    var onLostRuns: () -> Void = {}

    /// How many bytes are received at a time.
    private static let pieceSize = 4096

    /// Something about a connection that is worth a line in the log.
    enum Incident {
        case stalled
    }

    init(
        configuration: SidecarConfiguration, source: any EntrySource, metrics: SidecarMetrics, logger: Logger
    ) {
        self.configuration = configuration
        self.source = source
        self.metrics = metrics
        self.logger = logger
        var generator = SystemRandomNumberGenerator()
        instance = RunID.random(using: &generator)
        admission = Admission(limits: configuration.limits)
        room = .allocate(byteCount: configuration.limits.lineLength + 2 + Self.pieceSize, alignment: 1)
        registry = Registry(
            startedAt: .now, lease: configuration.lease, historyLimit: configuration.limits.history,
            processes: SystemProcesses()
        )
        registry.observer = self
    }

    var limits: Limits { configuration.limits }
    var version: String { configuration.version }
    var connections: Int { admission.total }

    /// Takes note of the time, before anything is done with what has arrived: see ``Registry/note(_:_:)``.
    @discardableResult
    func noteTime() -> ContinuousClock.Instant {
        let now = ContinuousClock.now
        registry.note(now, .now())
        return now
    }

    /// Begins to answer.
    func open() {
        guard !isOpen else { return }
        isOpen = true
        let inotify =
            switch source.listenerState {
            case .up: "up"
            case .starting: "starting"
            case .down(let reason): "down: \(reason); the poll alone finds changes"
            }
        logger.notice(
            "serving",
            metadata: [
                "file": "\(source.name)", "socket": "\(configuration.socketPath)",
                "condition": "\(registry.served.condition.word)", "entries": "\(registry.served.entries.count)",
                "inotify": "\(inotify)", "poll-interval": "\(configuration.pollInterval)",
            ]
        )
    }

    deinit { room.deallocate() }

    func runsLost() {
        onLostRuns()
    }
}

// MARK: - Connections

extension ServerContext {
    /// Lets a new connection in, and says whose it is; or says why not.
    func admit(_ descriptor: CInt) throws(Admission.Refusal) -> Peer {
        // Whom the kernel does not name is nobody, and counts as one user.
        let credentials = PeerCredentials(of: descriptor)
        let peer =
            credentials.map { Peer(pid: $0.processID, uid: $0.userID, gid: $0.groupID) }
            ?? Peer(pid: 0, uid: .max, gid: .max)
        let isOperator =
            peer.uid == 0
            || configuration.operatorsGroup.map { credentials?.isMember(of: $0, at: descriptor) ?? false } ?? false
        do throws(Admission.Refusal) {
            try admission.admit(uid: peer.uid, isOperator: isOperator)
        } catch {
            metrics.countRejection(error)
            logRefusal(error.expected, Self.metadata(peer))
            throw error
        }
        logger.debug("connected", metadata: Self.metadata(peer))
        return peer
    }

    /// Takes note that a connection has closed.
    func release(_ peer: Peer) {
        admission.release(uid: peer.uid)
        logger.debug("disconnected", metadata: Self.metadata(peer))
    }

    /// A connection was refused by whoever had no descriptor to let it in.
    func countRefusalForWantOfDescriptors() {
        metrics.countRejectionForWantOfDescriptors()
        logRefusal("a free file descriptor; raise the limit of open files", [:])
    }

    func log(_ incident: Incident, _ peer: Peer) {
        switch incident {
        case .stalled:
            logger.notice("closed a connection that did not take what was written to it", metadata: Self.metadata(peer))
        }
    }

    /// Logs at most one refusal a second: whoever floods the socket must not flood the log as well.
    private func logRefusal(_ expected: String, _ metadata: Logger.Metadata) {
        let now = ContinuousClock.now
        if let last = lastRefusalLogged, now - last < .seconds(1) {
            refusalsNotLogged += 1
            return
        }
        var metadata = metadata
        metadata["expected"] = "\(expected)"
        if refusalsNotLogged > 0 { metadata["more"] = "\(refusalsNotLogged)" }
        logger.warning("refused a connection", metadata: metadata)
        lastRefusalLogged = now
        refusalsNotLogged = 0
    }

    private static func metadata(_ peer: Peer) -> Logger.Metadata {
        ["pid": "\(peer.pid)", "uid": "\(peer.uid)"]
    }
}

// MARK: - Changes

extension ServerContext: RegistryObserver {
    func recorded(_ record: History.Record) {
        var metadata: Logger.Metadata = ["rev": "\(record.revision)"]
        if let provenance = record.provenance {
            metadata["owner"] = "\(provenance.owner)"
            metadata["sha256"] = "\(provenance.sha256)"
        }
        switch record.subject {
        case .name(let name, let old, let new):
            metadata["name"] = "\(name)"
            metadata["old"] = "\(old.word(asNews: false))"
            metadata["new"] = "\(new.word(asNews: true))"
            metadata["cause"] = "\(new.cause)"
            metadata["pattern"] = new.pattern.map { "\($0)" }
            metadata["reason"] = new.reason.map { "\($0)" }
            metadata["by"] = new.by.map { "\($0)" }
            logger.notice("status changed", metadata: metadata)
        case .condition(let old, let new):
            metadata["old"] = "\(old.word)"
            metadata["new"] = "\(new.word)"
            metadata["reason"] = new.detail.map { "\($0)" }
            if new.cause == nil {
                logger.notice("the stop file is in force", metadata: metadata)
            } else {
                logger.error("every workflow is stopped", metadata: metadata)
            }
        case .more(let names):
            metadata["names"] = "\(names)"
            logger.notice("more statuses changed", metadata: metadata)
        }
    }

    func changed(to status: WorkflowStatus, _ cause: StopCause, names: Int) {
        metrics.countChanges(to: status, cause, names)
    }
}
