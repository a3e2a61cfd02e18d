/// The options that take a value, in the order in which they are explained.
///
/// A table of our own and no argument parser: that one brings Foundation along, which would make the daemon half as
/// large again, on the disk and in memory.
enum Option: String, CaseIterable {
    case file
    case fleetFile = "fleet-file"
    case fleetLease = "fleet-lease"
    case socket
    case socketMode = "socket-mode"
    case socketGroup = "socket-group"
    case operatorsGroup = "operators-group"
    case pollInterval = "poll-interval"
    case settleTime = "settle-time"
    case logLevel = "log-level"
    case maxFileSize = "max-file-size"
    case maxLineLength = "max-line-length"
    case maxConnections = "max-connections"
    case maxConnectionsPerUser = "max-connections-per-user"
    case reservedConnections = "reserved-connections"
    case maxWatches = "max-watches"
    case maxWatchesPerUser = "max-watches-per-user"
    case maxRunsPerUser = "max-runs-per-user"
    case maxSyncsPerUser = "max-syncs-per-user"
    case drainTimeout = "drain-timeout"
    case historyLength = "history-length"

    /// As it is written on the command line.
    var flag: String { "--" + rawValue }

    /// The environment variable that says the same.
    var variable: String { "ESTOP_" + String(rawValue.uppercased().map { $0 == "-" ? "_" : $0 }) }

    /// What kind of value it takes.
    var valueName: String {
        switch self {
        case .file, .fleetFile, .socket: "path"
        case .socketMode: "mode"
        case .socketGroup, .operatorsGroup: "group"
        case .fleetLease, .pollInterval, .settleTime, .drainTimeout: "duration"
        case .logLevel: "level"
        case .maxFileSize, .maxLineLength: "bytes"
        case .maxConnections, .maxConnectionsPerUser, .reservedConnections, .maxWatches, .maxWatchesPerUser,
            .maxRunsPerUser, .maxSyncsPerUser, .historyLength:
            "number"
        }
    }

    /// What it does.
    var help: String {
        switch self {
        case .file: "The stop file. (default: configs/es.json)"
        case .fleetFile:
            "The file by which estop-fleet restrains this host: once named, everything is stopped while it is missing, "
                + "malformed or stale. (default: none, the host belongs to no fleet)"
        case .fleetLease:
            "How long after it was verified the fleet file holds; only with --fleet-file. (default: 10s)"
        case .socket: "The socket to listen on. (default: /run/estop/estop.sock)"
        case .socketMode: "Who may connect, as octal permission bits. (default: 0660)"
        case .socketGroup:
            "The socket's group, by name or number: its members may connect. (default: the process's own)"
        case .operatorsGroup:
            "The group of those who may change the stop file, by name or number: for them and for root some "
                + "connections are kept. (default: estop-admin, where there is such a group)"
        case .pollInterval:
            "How often the file is read without any event; after two intervals without a settled read "
                + "everything is stopped as stale. (default: 10s)"
        case .settleTime:
            "How long a file must stay as it is before it may release anything, once its writer has closed it; ten "
                + "times as long when nothing was heard of a change, fifty times while a writer has it open. "
                + "(default: 100ms)"
        case .logLevel:
            "What is logged: trace, debug, info, notice, warning, error or critical. (default: info)"
        case .maxFileSize: "The largest stop file that is read, in bytes. (default: 67108864)"
        case .maxLineLength: "The longest request, in bytes. (default: 1024)"
        case .maxConnections: "The most connections. (default: 10000)"
        case .maxConnectionsPerUser:
            "The most connections of one user. (default: all but 5 % of --max-connections)"
        case .reservedConnections:
            "Of all connections, so many are kept for root and the operators' group. (default: 16)"
        case .maxWatches: "The most names that one connection may watch. (default: 10000)"
        case .maxWatchesPerUser: "The most names that all connections of one user may watch. (default: 200000)"
        case .maxRunsPerUser: "The most runs of one user, lost ones too. (default: 100000)"
        case .maxSyncsPerUser:
            "The most requests of one user to read the file that may be unanswered. (default: 10000)"
        case .drainTimeout:
            "Close a connection that has read nothing of what was sent to it for this long. (default: 30s)"
        case .historyLength: "The most changes that the history keeps. (default: 1000)"
        }
    }
}
