internal import EmergencyStopCore
internal import EmergencyStopServing
internal import EmergencyStopSystem
internal import Logging

/// What the connections of a server share. Belongs to the server's loop.
final class ServerContext {
    let configuration: SidecarConfiguration
    let source: any EntrySource
    var registry: Registry
    let metrics: SidecarMetrics
    let startTime = Timestamp.now()
    /// What all connections write their lines with, one after the other.
    var writer = LineWriter()
    /// What all connections receive into, one after the other: the rest of one line, and a piece behind it.
    let room: UnsafeMutableRawBufferPointer
    /// Whether clients find the socket.
    var socketPresence = ListeningSocket.Presence.there
    /// Whether requests are answered yet.
    private(set) var isOpen = false

    private let logger: Logger
    private var admission: Admission
    private var lastRefusalLogged: ContinuousClock.Instant?
    private var refusalsNotLogged = 0
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
        admission = Admission(limits: configuration.limits)
        room = .allocate(byteCount: configuration.limits.lineLength + 2 + Self.pieceSize, alignment: 1)
        var generator = SystemRandomNumberGenerator()
        let life = Life(instance: .random(using: &generator), version: configuration.version)
        registry = Registry(life, startedAt: .now, lease: configuration.lease, limits: configuration.limits)
    }

    deinit { room.deallocate() }

    var limits: Limits { configuration.limits }
    var connections: Int { admission.total }

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
            logger.notice("closed a connection that did not read what was sent to it", metadata: Self.metadata(peer))
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

// MARK: - What sessions need

extension ServerContext {
    /// How many processes of lost runs are looked at in a turn.
    private static let lookLimit = 64

    /// Supplies what a session needs to answer a request.
    func supply(
        _ need: Session.Need, to session: inout Session, _ now: ContinuousClock.Instant
    ) throws(Request.Mistake) {
        switch need {
        case .read:
            session.await(source.requestRead(), &registry)
        case .process(let entering):
            let process = SystemProcesses.identify(session.peer, parents: entering.parents)
            try session.enter(entering, process, &registry, to: &writer)
        case .lostRuns(let name):
            lookAtLostRuns()
            session.list(runsOf: name, registry)
        case .information:
            session.answer(information(now))
        case .metrics:
            let (lines, runsAfter) = metricsText(now)
            session.answer(lines, runsAfter: runsAfter)
        }
    }

    /// Forgets some of the lost runs whose processes are gone.
    func lookAtLostRuns() {
        registry.lookAtLostRuns(Self.lookLimit, SystemProcesses.isGone)
    }

    func log(_ presence: ListeningSocket.Presence) {
        let metadata: Logger.Metadata = ["socket": "\(configuration.socketPath)"]
        switch presence {
        case .there: logger.notice("the socket is there again", metadata: metadata)
        case .gone: logger.error("the socket was removed: no new client can connect", metadata: metadata)
        case .replaced:
            logger.error(
                "something else is in the socket's place: no new client can connect; remove it and restart this sidecar",
                metadata: metadata
            )
        }
    }

    func log(_ record: History.Record) {
        var metadata: Logger.Metadata = ["rev": "\(record.revision)"]
        if let provenance = record.provenance {
            metadata["owner"] = "\(provenance.owner)"
            metadata["sha256"] = "\(provenance.sha256)"
        }
        if let fleet = record.fleet {
            metadata["fleet"] = "\(fleet.fleet)"
            metadata["fleet-revision"] = "\(fleet.revision)"
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
}
