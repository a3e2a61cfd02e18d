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

    /// A line that begins with the program's name, as tools do.
    static func say(_ message: String) {
        var stream = StandardError()
        print("estopctl: \(message)", to: &stream)
    }
}
