internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// Runs any program so that the emergency stop stops it.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command as a workflow: it starts only on go, and a stop ends it and all it has started.",
        discussion: """
            Examples:
              estopctl run SatelliteDiskErase -- ./erase-disks --all
              estopctl run Decommission --grace 30s -- sh -c 'while read -r disk; do erase "$disk"; done < disks'

            On stop, the command and everything it has started get SIGTERM, and SIGKILL after the grace. On pause they \
            get SIGSTOP, on go SIGCONT. Losing the sidecar for 10 s is a stop. When estopctl itself is killed, the \
            command is ended, too: its three processes look after each other, unless all three are killed at once or \
            two are frozen.

            Out of reach is what others start for the command: a container engine, systemd-run, ssh. Processes are \
            found through /proc. Where /proc does not show this process (in a container with the host's /proc, for \
            example), nothing is started.

            Input, output and signals are the command's, as under env. Ctrl-C and Ctrl-Z reach it from the terminal; a \
            signal sent to estopctl is passed on; one sent to its process group or cgroup arrives once. If the command \
            leaves processes behind, the run lasts as long as they do. What it starts after SIGTERM, to clean up, gets \
            no signal and has the grace.

            Under systemd, the command inherits sockets and watchdog. The main process is estopctl, so a command that \
            reports to systemd (Type=notify, WatchdogSec=) needs NotifyAccess=all, and a pause longer than the watchdog \
            ends it. SIGTERM and SIGINT end a paused command; SIGHUP and SIGQUIT wait for go where it handles them.

            A run within a run stands still while the outer one is paused. After 10 s its own lease is over, and it ends \
            as stopped when it goes on.

            Exit codes: the command's own, or its signal; 75 not allowed to start, and instead of 0 after a stop; 126 \
            it cannot be run, 127 there is none; 64 wrong usage.
            """
    )

    @OptionGroup var socket: SocketOptions

    @Option(
        help: ArgumentHelp(
            "What the command has from SIGTERM to SIGKILL after a stop: \(DurationArgument.examples). (default: 10s)",
            valueName: "duration"),
        transform: DurationArgument.read
    )
    var grace = DurationArgument(.seconds(10))

    @Flag(help: "Wait through pause and stop until the workflow may go, instead of ending with 75.")
    var waitForGo = false

    @Argument(help: "The workflow's name.")
    var name: NameArgument

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.", completion: .file())
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else {
            throw ValidationError("Give the command after --, as in: estopctl run \(name.name) -- COMMAND ARGUMENT…")
        }
        guard !name.name.isPattern else {
            throw ValidationError("A run has a name, and \(name.name) is a pattern.")
        }
    }

    func run() throws {
        throw RunProcesses.start(
            name: name.name.text, lastArguments: command.count, grace: grace.duration, socket: socket.endpoint.path,
            waitsForGo: waitForGo
        )
    }
}
