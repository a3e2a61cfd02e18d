internal import ArgumentParser

/// The options as they are written; ``Settings`` makes sense of them.
struct EstopdOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The stop file. (default: configs/es.json)", valueName: "path"))
    var file: String?

    @Option(help: ArgumentHelp("The socket to listen on. (default: /run/estop/estop.sock)", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Who may connect, as octal permission bits. (default: 0660)", valueName: "mode"))
    var socketMode: String?

    @Option(
        help: ArgumentHelp(
            "The socket's group, by name or number: its members may connect. (default: the process's own)",
            valueName: "group"
        )
    )
    var socketGroup: String?

    @Option(
        help: ArgumentHelp(
            "The group of those who may change the stop file, by name or number: for them and for root some "
                + "connections are kept. (default: estop-admin, where there is such a group)",
            valueName: "group"
        )
    )
    var operatorsGroup: String?

    @Option(
        help: ArgumentHelp(
            "How often the file is read even if nothing is heard of it; after two intervals without a settled read "
                + "everything is stopped as stale. (default: 10s)",
            valueName: "duration"
        )
    )
    var pollInterval: String?

    @Option(
        help: ArgumentHelp(
            "How long a file must stay as it is before it may release anything, once its writer has closed it; ten "
                + "times as long when nothing was heard of a change, fifty times while a writer has it open. "
                + "(default: 100ms)",
            valueName: "duration"
        )
    )
    var settleTime: String?

    @Option(
        help: ArgumentHelp(
            "What is logged: trace, debug, info, notice, warning, error or critical. (default: info)",
            valueName: "level"
        )
    )
    var logLevel: String?

    @Option(help: ArgumentHelp("The largest stop file that is read, in bytes. (default: 67108864)", valueName: "bytes"))
    var maxFileSize: String?

    @Option(help: ArgumentHelp("The longest request, in bytes. (default: 1024)", valueName: "bytes"))
    var maxLineLength: String?

    @Option(help: ArgumentHelp("The most connections. (default: 10000)", valueName: "number"))
    var maxConnections: String?

    @Option(
        help: ArgumentHelp(
            "The most connections of one user. (default: all but 5 % of --max-connections)", valueName: "number"
        )
    )
    var maxConnectionsPerUser: String?

    @Option(
        help: ArgumentHelp(
            "Of all connections, so many are kept for root and the operators' group. (default: 16)",
            valueName: "number"
        )
    )
    var reservedConnections: String?

    @Option(help: ArgumentHelp("The most names that one connection may watch. (default: 10000)", valueName: "number"))
    var maxWatches: String?

    @Option(
        help: ArgumentHelp(
            "A connection that has not taken what was written to it for so long is closed. (default: 30s)",
            valueName: "duration"
        )
    )
    var drainTimeout: String?

    @Option(help: ArgumentHelp("The most changes that the history keeps. (default: 1000)", valueName: "number"))
    var historyLength: String?
}
