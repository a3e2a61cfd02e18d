/// How a command ends: the one list of estopctl's exit codes. What decides returns or throws one of these; `main` turns it
/// into the process's own, as do the processes of `run`, which end themselves.
package enum ExitStatus: Int32, Error {
    case success = 0
    /// Refused, failed, or something else holds.
    case failure = 1
    /// Warnings, where they are to count as errors.
    case warnings = 2
    /// The file is written, but no sidecar serves it.
    case unserved = 3
    /// What was waited for has not come about in time.
    case timedOut = 4
    /// A status that is asked for is `pause`.
    case pause = 10
    /// A status that is asked for is `stop`, which it also is when nobody answers.
    case stop = 20
    /// Wrong usage: EX_USAGE.
    case usage = 64
    /// No sidecar answers: EX_UNAVAILABLE.
    case unavailable = 69
    /// A system call without which nothing can be started failed: EX_OSERR.
    case systemError = 71
    /// What was to be printed could not be: EX_IOERR.
    case outputLost = 74
    /// A command was not allowed to start, or not to go on: EX_TEMPFAIL, try again later.
    case notAllowed = 75
    /// The command of a run cannot be executed, as a shell says it.
    case notExecutable = 126
    /// There is no such command, as a shell says it.
    case notFound = 127

    /// Throws it, unless it is a success.
    package func orThrow() throws(ExitStatus) {
        if self != .success { throw self }
    }

    /// Which of two is to be given for several names: what failed before what is not known.
    static func worse(_ first: ExitStatus, _ second: ExitStatus) -> ExitStatus {
        for status in [ExitStatus.failure, .unserved, .timedOut] where first == status || second == status {
            return status
        }
        return first
    }
}
