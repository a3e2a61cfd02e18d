internal import ArgumentParser
@preconcurrency internal import Glibc

/// Standard output, of which the answer is a part: where it is lost, nothing has succeeded.
enum StandardOutput {
    /// Writes out what is still held back before something is waited for: who reads a pipe is to know it now.
    static func flush() { fflush(stdout) }

    /// Writes out what is still held back, for whoever waits for it; where it cannot be written, ends this process:
    /// where nobody reads any more, there is nothing left to say.
    static func flushOrEnd() {
        errno = 0
        guard fflush(stdout) != 0 || ferror(stdout) != 0 else { return }
        if errno == EPIPE { exit(EXIT_FAILURE) }
        exit(sayLost().rawValue)
    }

    /// Writes out what is still held back, and fails where that, or something before it, could not be written.
    static func finish() throws {
        errno = 0
        guard fflush(stdout) != 0 || ferror(stdout) != 0 else { return }
        throw sayLost()
    }

    private static func sayLost() -> ExitCode {
        let why = errno == 0 ? "" : ": \(String(cString: strerror(errno)))"
        StandardError.say("what was to be said could not be written to standard output\(why)")
        return .outputLost
    }
}
