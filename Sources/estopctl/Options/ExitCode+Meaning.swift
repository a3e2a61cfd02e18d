internal import ArgumentParser

extension ExitCode {
    /// A status that is asked for is `pause`.
    static let pause = ExitCode(10)
    /// A status that is asked for is `stop`, which it also is when nobody answers.
    static let stop = ExitCode(20)
    /// The file is written, but no sidecar serves it.
    static let unserved = ExitCode(3)
    /// What was waited for has not come about in time.
    static let timedOut = ExitCode(4)
    /// No sidecar answers: EX_UNAVAILABLE.
    static let unavailable = ExitCode(69)
    /// What was to be printed could not be: EX_IOERR.
    static let outputLost = ExitCode(74)
    /// A command was not allowed to start, or not to go on: EX_TEMPFAIL, try again later.
    static let notAllowed = ExitCode(75)
}
