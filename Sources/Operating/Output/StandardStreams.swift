internal import EmergencyStopCore
@preconcurrency internal import Glibc

/// Standard error, for what is said to a person beside the output.
package struct StandardError: TextOutputStream {
    package init() {}

    package mutating func write(_ string: String) {
        var string = string
        string.withUTF8 { bytes in
            // What cannot be said is lost: nothing depends on it.
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// Says a line; it waits until that is taken.
    package static func say(_ message: String) {
        var stream = StandardError()
        stream.write(line(message))
    }

    /// A line that begins with the program's name, as tools do.
    package static func line(_ message: String) -> String {
        "estopctl: \(message.split(separator: "\n").map { Printable.text(String($0)) }.joined(separator: "\n"))\n"
    }
}

/// Standard output, of which the answer is a part: where it is lost, nothing has succeeded.
package enum StandardOutput {
    /// Writes out what is still held back before something is waited for: who reads a pipe is to know it now.
    package static func flush() { fflush(stdout) }

    /// Writes out what is still held back, for whoever waits for it; where it cannot be written, ends this process:
    /// where nobody reads any more, there is nothing left to say.
    package static func flushOrEnd() {
        errno = 0
        guard fflush(stdout) != 0 || ferror(stdout) != 0 else { return }
        if errno == EPIPE { exit(EXIT_FAILURE) }
        exit(sayLost().rawValue)
    }

    /// Writes out what is still held back, and fails where that, or something before it, could not be written.
    package static func finish() throws {
        errno = 0
        guard fflush(stdout) != 0 || ferror(stdout) != 0 else { return }
        throw sayLost()
    }

    private static func sayLost() -> ExitStatus {
        let why = errno == 0 ? "" : ": \(String(cString: strerror(errno)))"
        StandardError.say("the answer could not be written to standard output\(why)")
        return .outputLost
    }
}

/// Makes text that others wrote safe to show: what would steer the terminal is shown, not obeyed.
package enum Printable {
    /// The text with control and format characters (line ends and text direction among them) written as `\u{…}`.
    package static func text(_ text: String) -> String {
        UnsafeText.replaced(in: text) { "\\u{\(String($0.value, radix: 16))}" }
    }
}
