internal import EmergencyStop
internal import EmergencyStopSidecar
internal import Glibc
internal import Logging

/// What the options come to.
struct Settings {
    let file: String
    let settlingTimes: SettlingTimes
    let logLevel: Logger.Level
    let configuration: SidecarConfiguration
    /// The socket's path where one was given, by option or environment.
    let givenSocketPath: String?

    init(_ options: EstopdOptions, environment: [String: String]) throws(OptionMistake) {
        let reader = OptionReader(environment: environment)
        file = try Self.path(reader.text(options.file, "file")) ?? "configs/es.json"
        settlingTimes = SettlingTimes(
            settle: try reader.duration(options.settleTime, "settle-time", in: .milliseconds(1)...(.seconds(60)))
                ?? .milliseconds(100)
        )
        logLevel = try Self.level(reader.text(options.logLevel, "log-level"))
        var configuration = SidecarConfiguration(version: Version.current)
        givenSocketPath = try Self.path(reader.text(options.socket, "socket"))
        if let givenSocketPath { configuration.socketPath = givenSocketPath }
        if let mode = try Self.mode(reader.text(options.socketMode, "socket-mode")) { configuration.socketMode = mode }
        configuration.socketGroup = try Self.group(reader.text(options.socketGroup, "socket-group"))
        configuration.operatorsGroup =
            try Self.group(reader.text(options.operatorsGroup, "operators-group")) ?? GroupID.named("estop-admin")
        configuration.pollInterval =
            try reader.duration(options.pollInterval, "poll-interval", in: .milliseconds(100)...(.seconds(600)))
            ?? configuration.pollInterval
        configuration.limits = try Self.limits(options, reader)
        self.configuration = configuration
    }

    private static func limits(
        _ options: EstopdOptions, _ reader: OptionReader
    ) throws(OptionMistake) -> Limits {
        var limits = Limits()
        limits.fileSize =
            try reader.number(options.maxFileSize, "max-file-size", in: 1...(1 << 30)) ?? limits.fileSize
        // A name of the greatest length with its verb and a run's id has to fit.
        limits.lineLength =
            try reader.number(options.maxLineLength, "max-line-length", in: 320...65_536) ?? limits.lineLength
        limits.connections =
            try reader.number(options.maxConnections, "max-connections", in: 1...1_000_000) ?? limits.connections
        limits.connectionsPerUser =
            try reader.number(options.maxConnectionsPerUser, "max-connections-per-user", in: 1...1_000_000)
        limits.reservedConnections =
            try reader.number(options.reservedConnections, "reserved-connections", in: 0...1_000_000)
            ?? limits.reservedConnections
        limits.watchesPerConnection =
            try reader.number(options.maxWatches, "max-watches", in: 1...1_000_000) ?? limits.watchesPerConnection
        limits.drainTimeout =
            try reader.duration(options.drainTimeout, "drain-timeout", in: .milliseconds(100)...(.seconds(3600)))
            ?? limits.drainTimeout
        limits.history = try reader.number(options.historyLength, "history-length", in: 0...1_000_000) ?? limits.history
        return limits
    }

    private static func path(_ option: (value: String, source: String)?) throws(OptionMistake) -> String? {
        guard let (value, source) = option else { return nil }
        guard !value.isEmpty, !value.utf8.contains(0) else { throw OptionMistake(source, value, expected: "a path") }
        return value
    }

    private static func level(_ option: (value: String, source: String)?) throws(OptionMistake) -> Logger.Level {
        guard let (value, source) = option else { return .info }
        guard let level = Logger.Level(rawValue: value) else {
            throw OptionMistake(
                source, value, expected: "one of " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        return level
    }

    private static func mode(_ option: (value: String, source: String)?) throws(OptionMistake) -> UInt32? {
        guard let (value, source) = option else { return nil }
        guard let mode = UInt32(value, radix: 8), mode <= 0o777, mode & 0o600 == 0o600 else {
            throw OptionMistake(
                source, value, expected: "octal permission bits that let the owner read and write, like 0660"
            )
        }
        return mode
    }

    private static func group(_ option: (value: String, source: String)?) throws(OptionMistake) -> UInt32? {
        guard let (value, source) = option else { return nil }
        guard let group = UInt32(value) ?? GroupID.named(value) else {
            throw OptionMistake(source, value, expected: "the name or the number of a group that exists")
        }
        return group
    }
}

extension Settings {
    /// The variables of the process's environment that are the sidecar's.
    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if text.hasPrefix("ESTOP_"), let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }

    /// Whether standard error goes to the journal: systemd names the stream that it set up, by device and inode.
    static func standardErrorIsJournal() -> Bool {
        guard let stream = getenv("JOURNAL_STREAM") else { return false }
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
    }
}

/// Groups of the system.
enum GroupID {
    /// The number of the group of this name, where there is one.
    static func named(_ name: String) -> UInt32? {
        getgrnam(name).map(\.pointee.gr_gid)
    }
}
