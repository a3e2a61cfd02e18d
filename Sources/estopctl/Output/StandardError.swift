internal import Glibc

/// Standard error, for what is said to a person beside the output.
struct StandardError: TextOutputStream {
    mutating func write(_ string: String) {
        var string = string
        string.withUTF8 { bytes in
            // What cannot be said is lost: nothing depends on it.
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// Says a line; it waits until that is taken.
    static func say(_ message: String) {
        var stream = StandardError()
        stream.write(line(message))
    }

    /// A line that begins with the program's name, as tools do.
    static func line(_ message: String) -> String {
        "estopctl: \(message.split(separator: "\n").map { Printable.text(String($0)) }.joined(separator: "\n"))\n"
    }
}
