internal import ArgumentParser
internal import EmergencyStop
internal import EmergencyStopCore
internal import Operating

/// Prints a status, and ends with a code that says it.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Print a workflow's status and why; the exit code says it, too.",
        discussion: """
            Examples:
              estopctl status SatelliteDiskErase
              estopctl status --quiet SatelliteDiskErase || exit 75     (in a script)

            Where no sidecar answers, the status is stop. A pattern such as 'Satellite*' is only ever a pattern: it is \
            never go.

            Exit codes: 0 go, 10 pause, 20 stop, 64 wrong usage (also help or the version in place of a name), 74 go, \
            but it could not be printed.
            """
    )

    @OptionGroup var socket: SocketOptions
    @OptionGroup var output: OutputOptions

    @Flag(name: .shortAndLong, help: "Print nothing; the exit code says it.")
    var quiet = false

    @Argument(help: "The workflow's name.")
    var name: NameArgument

    func run() throws {
        let status = reportOrUnreachable()
        if !quiet {
            output.write(status)
            if status.report.isWithoutEntry { sayWhatWasMeant() }
        }
        switch status.report.status {
        case .go: break
        case .pause: throw ExitStatus.pause
        case .stop: throw ExitStatus.stop
        }
    }

    /// A mistyped name has no entry, and its stop looks like any other.
    private func sayWhatWasMeant() {
        guard let question = UnknownNames.question(about: name.name, socket.endpoint) else { return }
        StandardOutput.flush()
        StandardError.say(question)
    }

    /// Doubt is stop: where nobody answers, the report says that.
    private func reportOrUnreachable() -> ServerLine.Status {
        do throws(SidecarError) {
            return try socket.endpoint.connect().status(of: name.name)
        } catch {
            let report = StatusReport(
                name: name.name.text, status: .stop, cause: .unreachable, reason: error.description
            )
            return ServerLine.Status(name: name.name, report: report)
        }
    }
}
