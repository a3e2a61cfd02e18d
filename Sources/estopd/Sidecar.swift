internal import EmergencyStopCore
internal import EmergencyStopServing
internal import EmergencyStopSidecar
internal import EmergencyStopSystem
internal import Glibc
internal import Logging

/// The parts of the sidecar, put together.
struct Sidecar {
    private let settings: Settings
    private let logger: Logger

    init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT.
    func run(_ signals: consuming SignalQueue) throws {
        var configuration = settings.configuration
        configuration.limits.fit(descriptors: DescriptorLimit.raise(), logger)
        let socket =
            if let inherited = try InheritedSocket(expected: settings.givenSocketPath) {
                ListeningSocket(inherited: inherited)
            } else {
                try ListeningSocket(
                    path: configuration.socketPath, mode: configuration.socketMode, group: configuration.socketGroup
                )
            }
        configuration.socketPath = socket.path
        let source = StopFileSource(
            configuration: StopFileConfiguration(
                path: settings.file, pollInterval: configuration.pollInterval,
                settlingTimes: settings.settlingTimes, sizeLimit: configuration.limits.fileSize
            ),
            fleet: settings.fleetFile.map { fleet in
                FleetFileSource(configuration: fleet) { [logger] old, new in logger.log(new, after: old) }
            },
            listenerChanged: { [logger] state in
                switch state {
                case .up: logger.info("watching the file with inotify")
                case .starting: break
                case .down(let reason):
                    logger.warning(
                        "inotify reports no changes: the poll alone finds them", metadata: ["reason": "\(reason)"]
                    )
                }
            }
        )
        var metadata: Logger.Metadata = [
            "version": "\(configuration.version)", "file": "\(settings.file)",
            "socket": "\(configuration.socketPath)", "poll-interval": "\(configuration.pollInterval.written)",
        ]
        if let fleet = settings.fleetFile {
            metadata["fleet-file"] = "\(fleet.path)"
            metadata["fleet-lease"] = "\(fleet.lease.written)"
        }
        logger.info("starting", metadata: metadata)
        let server = try Server(
            on: socket, configuration, source: source, signals: signals, manager: NotifySocket(), logger: logger
        )
        server.run()
    }
}

/// The limit of open files.
private enum DescriptorLimit {
    /// Raises the limit as far as this process may, and says what it is.
    static func raise() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}

extension Limits {
    /// What the sidecar needs for itself: the file, the watch, the loop, the log, reserves.
    private static let ownDescriptors = 32

    /// Lowers the number of connections to what there are descriptors for.
    fileprivate mutating func fit(descriptors: Int, _ logger: Logger) {
        let possible = max(1, descriptors - Self.ownDescriptors)
        guard connections > possible else { return }
        logger.warning(
            "fewer connections than configured: the limit of open files is too low",
            metadata: ["connections": "\(possible)", "configured": "\(connections)", "open-files": "\(descriptors)"]
        )
        connections = possible
    }
}
