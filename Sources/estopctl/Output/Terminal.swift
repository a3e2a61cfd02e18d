internal import Glibc

/// The terminal that standard output is, where it is one.
enum Terminal {
    static var isStandardOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether lines on it can be written over: a dumb one understands nothing but text.
    static var isRedrawable: Bool { isStandardOutput && Operator.environment("TERM") != "dumb" }

    /// Columns and rows; `nil` where standard output is no terminal.
    static var size: (columns: Int, rows: Int)? {
        guard isStandardOutput else { return nil }
        var window = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 {
            return (Int(window.ws_col), window.ws_row > 0 ? Int(window.ws_row) : 24)
        }
        return (Operator.environment("COLUMNS").flatMap { Int($0) } ?? 80, 24)
    }

    /// Writes a table, fitted to the terminal where there is one.
    static func write(_ table: Table) {
        for line in table.lines(width: size?.columns, style: .standardOutput) { print(line) }
    }
}
