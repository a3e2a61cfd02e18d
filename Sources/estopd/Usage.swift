/// What `--help` prints.
enum Usage {
    private static let width = 80
    /// Where the explanations begin.
    private static let indentation = 26

    static let summary = "usage: estopd [--option value]...\nSee 'estopd --help' for more information."

    static var text: String {
        """
        estopd serves the emergency stop: it watches the stop file and tells workflows
        whether they may go.

        It reads the file whenever inotify tells of a change, and at every poll interval
        in any case. Over its Unix domain socket it answers requests of one line each:

          echo status SatelliteDiskErase | nc -NU /run/estop/estop.sock

        Doubt is stop: whatever is wrong with the file, the answer is `stop`, with the
        cause.

        Usage: estopd [--option value]...

        Each option can be given by an environment variable as well, named ESTOP_ and
        the option in capitals with underscores, for example ESTOP_POLL_INTERVAL; an
        option on the command line goes first. Durations are written like 10s, 250ms or
        2m.

        \(options)

        Where systemd hands over a listening socket (LISTEN_FDS), that one is served;
        where it asks for it (NOTIFY_SOCKET, WATCHDOG_USEC), it is told of readiness,
        reloads and signs of life.

        Signals: SIGHUP reads the file now; SIGTERM and SIGINT stop the sidecar within
        a second.

        Exit codes: 0 after SIGTERM or SIGINT, 64 for a bad option, 69 when another
        sidecar serves the socket, 73 when the socket cannot be made, 70 for anything
        else.
        """
    }

    private static var options: String {
        let all = Option.allCases.map { ("\($0.flag) <\($0.valueName)>", $0.help) }
        return (all + [("--version", "Show the version."), ("-h, --help", "Show this.")]).map(entry).joined(
            separator: "\n")
    }

    private static func entry(_ option: (head: String, help: String)) -> String {
        var lines = ["  " + option.head]
        let space = String(repeating: " ", count: indentation)
        if lines[0].utf8.count < indentation {
            lines[0] += String(repeating: " ", count: indentation - lines[0].utf8.count)
        } else {
            lines.append(space)
        }
        for word in option.help.split(separator: " ") {
            let isFirst = lines[lines.count - 1].hasSuffix(" ")
            if !isFirst, lines[lines.count - 1].count + 1 + word.count > width { lines.append(space) }
            lines[lines.count - 1] += (lines[lines.count - 1].hasSuffix(" ") ? "" : " ") + word
        }
        return lines.joined(separator: "\n")
    }
}
