internal import EmergencyStop
package import EmergencyStopCore
internal import Glibc

/// The terminal that standard output is, where it is one.
package enum Terminal {
    package static var isStandardOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether lines on it can be written over: a dumb one understands nothing but text.
    package static var isRedrawable: Bool { isStandardOutput && Operator.environment("TERM") != "dumb" }

    /// Columns and rows; `nil` where standard output is no terminal.
    package static var size: (columns: Int, rows: Int)? {
        guard isStandardOutput else { return nil }
        var window = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 {
            return (Int(window.ws_col), window.ws_row > 0 ? Int(window.ws_row) : 24)
        }
        return (Operator.environment("COLUMNS").flatMap { Int($0) } ?? 80, 24)
    }

    /// Writes a table, fitted to the terminal where there is one.
    package static func write(_ table: Table) {
        for line in table.lines(width: size?.columns, style: .standardOutput) { print(line) }
    }
}

/// Some lines on a terminal that are written over again and again, in place.
package struct LiveBlock {
    private var shownRows = 0
    private var columns = 0

    /// The columns that a line may have: with the last one filled, terminals differ in where the cursor is.
    package static var width: Int? { Terminal.size.map { $0.columns - 1 } }

    /// The lines that are to be seen; the cursor has one of its own.
    package static var height: Int { max(1, (Terminal.size?.rows ?? 24) - 1) }

    /// Shows these lines in the place of the last ones. Lines that would not fit the screen are left out at the end.
    package mutating func show(_ lines: [String]) {
        let size = Terminal.size ?? (80, 24)
        let shown = lines.prefix(Self.height)
        // On a terminal of another width the lines of before have become more or fewer: the screen is begun anew.
        var text = columns != 0 && columns != size.columns ? "\u{1B}[H" : shownRows > 0 ? "\u{1B}[\(shownRows)A" : ""
        columns = size.columns
        // Each line is cleared behind its text and not before it: nothing flickers.
        for line in shown { text += "\r" + line + "\u{1B}[K\n" }
        text += "\u{1B}[J"
        shownRows = shown.count
        print(text, terminator: "")
        fflush(nil)
    }
}

/// Colour and emphasis, on a terminal only.
package struct Style {
    package enum Emphasis: String {
        case plain = ""
        case dim = "2"
        case bold = "1"
        case red = "1;31"
        case yellow = "33"
        case green = "32"
    }

    package let isOn: Bool

    /// As standard output wants it: a terminal that understands, and nobody who asked for none (no-color.org).
    package static var standardOutput: Style {
        let isPlain = Operator.environment("NO_COLOR") != nil || Operator.environment("TERM") == "dumb"
        return Style(isOn: isatty(STDOUT_FILENO) == 1 && !isPlain)
    }

    package func apply(_ emphasis: Emphasis, to text: String) -> String {
        guard isOn, emphasis != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(emphasis.rawValue)m\(text)\u{1B}[0m"
    }
}

extension Style.Emphasis {
    package init(_ status: WorkflowStatus) {
        switch status {
        case .stop: self = .red
        case .pause: self = .yellow
        case .go: self = .green
        }
    }
}
