internal import EmergencyStopSystem
internal import Glibc

/// What the processes of a run have to say, beside their work and never in its way: see ``BackgroundWriter``.
struct Voice {
    /// On standard error, from where a command is run.
    static let standardError = Voice(STDERR_FILENO)

    private let writer: BackgroundWriter

    init(_ output: CInt, limit: Int = 1 << 16) {
        writer = BackgroundWriter(output, limit: limit, threadName: "voice") { dropped in
            StandardError.line("\(dropped) messages were dropped: nobody read them")
        }
    }

    /// Has something said as soon as it can be; never waits.
    func say(_ message: String) { writer.write(StandardError.line(message).utf8) }

    /// Waits until everything is said, but no longer than this: for before an end.
    func finish(within limit: Duration = .milliseconds(500)) { writer.drain(within: limit) }
}
