internal import ArgumentParser
internal import EmergencyStopCore
internal import Operating

/// Runs any program so that the emergency stop stops it.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command as a workflow: it starts only on go, and a stop ends it and all it has started.",
        discussion: """
              estopctl run SatelliteDiskErase -- ./erase-disks --all
              estopctl run Decommission -- sh -c 'while read -r disk; do erase "$disk"; done < disks'

            On stop: SIGTERM to the command and everything that it has started, SIGKILL after the grace. On pause: \
            SIGSTOP to all of them, on go SIGCONT. When the sidecar is lost for 10 s, that is a stop. When estopctl \
            itself is killed, the command is ended, too: its three processes look after each other, unless all three are \
            killed at once or two are frozen. What others start for the command (a container engine, \
            systemd-run, ssh) is out of reach. Its processes are found through /proc: where that does not show this \
            one, in a container with the /proc of its host say, nothing is started.

            Input, output and signals are the command's, as under env: Ctrl-C and Ctrl-Z reach it from the terminal, a \
            signal sent to estopctl is passed on, and one sent to its process group or cgroup comes once. If it leaves \
            processes behind, the run lasts as long as they do. What a command starts after SIGTERM, to clean up, gets \
            none and has the grace.

            Under systemd, sockets and watchdog are handed on to the command. As the main process is estopctl's, a \
            command that tells systemd that it is ready or alive (Type=notify, WatchdogSec=) needs NotifyAccess=all, and \
            a pause longer than the watchdog ends it. SIGTERM and SIGINT end a paused command; SIGHUP and SIGQUIT wait \
            for go where it handles them.

            A run within a run stands still when the outer one is paused; after 10 s its own lease is over, and it ends \
            as stopped when it goes on.

            Exit codes: the command's own, or its signal; 75 when it was not allowed to start, and instead of 0 after \
            a stop; 126 when it cannot be run, 127 when there is none; 64 wrong usage.
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

    @Argument(parsing: .postTerminator, help: "The command and its arguments, behind --.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else {
            throw ValidationError("Give the command behind --, as in: estopctl run \(name.name) -- COMMAND ARGUMENT…")
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
