internal import ArgumentParser
internal import EmergencyStop
internal import EmergencyStopSidecar
internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// The sidecar: parses its arguments, composes the parts, runs them.
@main
struct Estopd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estopd",
        abstract: "Serves the emergency stop: watches the stop file and tells workflows whether they may go.",
        discussion: """
            estopd reads the stop file whenever inotify tells of a change, and at every poll interval in any case. \
            Over its Unix domain socket it answers requests of one line each:

              echo status SatelliteDiskErase | nc -NU /run/estop/estop.sock

            Doubt is stop: whatever is wrong with the file, the answer is `stop`, with the cause.

            Each option can be given by an environment variable as well, named ESTOP_ and the option in capitals \
            with underscores, for example ESTOP_POLL_INTERVAL; an option on the command line goes first. Durations \
            are written like 10s, 250ms or 2m.

            Where systemd hands over a listening socket (LISTEN_FDS), that one is served.

            Signals: SIGHUP reads the file now; SIGTERM and SIGINT stop the sidecar within a second.

            Exit codes: 0 after SIGTERM or SIGINT, 64 for a bad option, 69 when another sidecar serves the socket, \
            73 when the socket cannot be made, 70 for anything else.
            """,
        version: Version.current
    )

    @OptionGroup var options: EstopdOptions

    func run() async throws {
        let settings: Settings
        do throws(OptionMistake) {
            settings = try Settings(options, environment: Settings.environment())
        } catch {
            throw ValidationError(error.description)
        }
        signal(SIGPIPE, SIG_IGN)
        let journal = Settings.standardErrorIsJournal()
        let writer = LogWriter(output: STDERR_FILENO)
        let handler = LineLogHandler(
            level: settings.logLevel, reader: journal ? .journal : .person, writer: writer
        )
        let logger = Logger(label: "estopd") { _ in handler }
        do {
            try await Sidecar(settings, logger: logger).run()
        } catch let error as ListeningError {
            logger.critical("\(error)")
            writer.drain(milliseconds: 200)
            throw ExitCode(error.exitCode)
        }
        logger.notice("stopped")
        writer.drain(milliseconds: 200)
    }
}

extension ListeningError {
    /// The code of `sysexits.h` that says the same.
    fileprivate var exitCode: Int32 {
        switch self {
        case .taken: EX_UNAVAILABLE
        case .pathTooLong: EX_USAGE
        case .directoryUnusable, .notASocket, .groupRefused, .inheritedUnusable: EX_CANTCREAT
        }
    }
}
