internal import EmergencyStopCore
internal import EmergencyStopServing
internal import EmergencyStopSidecar
internal import EmergencyStopSystem
internal import Glibc
internal import Logging

/// What the options come to.
struct Settings {
    let file: String
    /// The fleet's file, where the host belongs to a fleet.
    let fleetFile: FleetFileConfiguration?
    let settlingTimes: SettlingTimes
    let logLevel: Logger.Level
    let configuration: SidecarConfiguration
    /// The socket's path where one was given, by option or environment.
    let givenSocketPath: String?

    init(_ options: CommandLineOptions, environment: [String: String]) throws(OptionMistake) {
        let reader = OptionReader(given: options.values, environment: environment)
        file = Self.absolute(try Self.path(reader.text(.file)) ?? "configs/es.json")
        settlingTimes = SettlingTimes(
            settle: try reader.duration(.settleTime, in: .milliseconds(1)...(.seconds(60)))
                ?? .milliseconds(100)
        )
        logLevel = try Self.level(reader.text(.logLevel))
        var configuration = SidecarConfiguration(version: Version.current)
        givenSocketPath = try Self.path(reader.text(.socket))
        if let givenSocketPath { configuration.socketPath = givenSocketPath }
        if let mode = try Self.mode(reader.text(.socketMode)) { configuration.socketMode = mode }
        configuration.socketGroup = try Self.group(reader.text(.socketGroup))
        configuration.operatorsGroup =
            try Self.group(reader.text(.operatorsGroup)) ?? Accounts.groupID(named: "estop-admin")
        configuration.pollInterval =
            try reader.duration(.pollInterval, in: .milliseconds(100)...(.seconds(600)))
            ?? configuration.pollInterval
        configuration.limits = try Self.limits(reader)
        fleetFile = try Self.fleetFile(reader, sizeLimit: configuration.limits.fileSize)
        self.configuration = configuration
    }

    private static func fleetFile(
        _ reader: OptionReader, sizeLimit: Int
    ) throws(OptionMistake) -> FleetFileConfiguration? {
        let lease = try reader.duration(.fleetLease, in: .seconds(1)...(.seconds(600)))
        guard let path = try Self.path(reader.text(.fleetFile)) else {
            // Whoever sets the lease takes this host for one of a fleet, and nothing would restrain it.
            if let (value, source) = reader.text(.fleetLease) {
                throw OptionMistake(source, value, expected: "\(Option.fleetFile.flag) as well")
            }
            return nil
        }
        return FleetFileConfiguration(path: absolute(path), lease: lease ?? .seconds(10), sizeLimit: sizeLimit)
    }

    private static func limits(_ reader: OptionReader) throws(OptionMistake) -> Limits {
        var limits = Limits()
        limits.fileSize =
            try reader.number(.maxFileSize, in: 1...(1 << 30)) ?? limits.fileSize
        limits.lineLength =
            try reader.number(.maxLineLength, in: Request.guaranteedLength...65_536) ?? limits.lineLength
        limits.connections =
            try reader.number(.maxConnections, in: 1...1_000_000) ?? limits.connections
        limits.connectionsPerUser =
            try reader.number(.maxConnectionsPerUser, in: 1...1_000_000)
        limits.reservedConnections =
            try reader.number(.reservedConnections, in: 0...1_000_000)
            ?? limits.reservedConnections
        limits.watchesPerConnection =
            try reader.number(.maxWatches, in: 1...1_000_000) ?? limits.watchesPerConnection
        limits.watchesPerUser =
            try reader.number(.maxWatchesPerUser, in: 1...100_000_000) ?? limits.watchesPerUser
        limits.runsPerUser = try reader.number(.maxRunsPerUser, in: 1...100_000_000) ?? limits.runsPerUser
        limits.syncsPerUser = try reader.number(.maxSyncsPerUser, in: 1...100_000_000) ?? limits.syncsPerUser
        limits.drainTimeout =
            try reader.duration(.drainTimeout, in: .milliseconds(100)...(.seconds(3600)))
            ?? limits.drainTimeout
        limits.history = try reader.number(.historyLength, in: 0...1_000_000) ?? limits.history
        return limits
    }

    private static func path(_ option: (value: String, source: String)?) throws(OptionMistake) -> String? {
        guard let (value, source) = option else { return nil }
        guard !value.isEmpty, !value.utf8.contains(0) else { throw OptionMistake(source, value, expected: "a path") }
        return value
    }

    /// The path from the root, so that whoever is told it knows the file. Links in it are followed at each read.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        let text = String(cString: directory)
        // What lies outside this process's root has no path here.
        guard text.hasPrefix("/") else { return path }
        let relative = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return text == "/" ? "/" + relative : "\(text)/\(relative)"
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
        guard let group = UInt32(value) ?? Accounts.groupID(named: value) else {
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
