internal import CPosix
internal import EmergencyStopCore
internal import EmergencyStopSidecar
internal import EmergencyStopSystem
internal import Glibc
internal import Logging

/// The sidecar: parses its arguments, composes the parts, runs them.
@main
struct Estopd {
    static func main() {
        cposix_open_standard_descriptors()
        let settings: Settings
        do throws(OptionMistake) {
            guard cposix_argument_count() > 0 else {
                throw OptionMistake("There are no arguments, not even the program's name: start it with its name.")
            }
            let arguments = (1..<cposix_argument_count()).map { String(cString: cposix_argument($0)) }
            let options = try CommandLineOptions(arguments)
            switch options.request {
            case .help: return print(Usage.text)
            case .version: return print(Version.current)
            case .serve: settings = try Settings(options, environment: Settings.environment())
            }
        } catch {
            complain("estopd: \(error)\n\(Usage.summary)\n")
            exit(EX_USAGE)
        }
        exit(serve(settings))
    }

    /// Serves until a signal ends it; gives the exit code.
    private static func serve(_ settings: Settings) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        // Before there is another thread, and before anyone can know that there is a process to send them to: until
        // they are blocked, they kill it.
        let signals: SignalQueue
        do throws(SystemError) {
            signals = try SignalQueue([SIGTERM, SIGINT, SIGHUP])
        } catch {
            complain("estopd: signals cannot be queued: \(error)\n")
            return EX_SOFTWARE
        }
        let writer = BackgroundWriter(STDERR_FILENO, limit: 1 << 20, threadName: "estopd-log") { dropped in
            "\(dropped) log lines were dropped: nobody read the log\n"
        }
        let handler = LineLogHandler(
            level: settings.logLevel, reader: Settings.standardErrorIsJournal() ? .journal : .person, writer: writer
        )
        let logger = Logger(label: "estopd") { _ in handler }
        // An end that nobody takes note of must not hold up the next beginning.
        defer { writer.drain(within: .milliseconds(200)) }
        do {
            try Sidecar(settings, logger: logger).run(signals)
            logger.notice("stopped")
            return EX_OK
        } catch {
            logger.critical("\(error)")
            return (error as? ListeningError)?.exitCode ?? EX_SOFTWARE
        }
    }

    private static func complain(_ text: String) {
        _ = write(STDERR_FILENO, text, text.utf8.count)
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
