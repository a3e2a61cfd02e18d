internal import Glibc

/// Some lines on a terminal that are written over again and again, in place.
struct LiveBlock {
    private var shownRows = 0
    private var columns = 0

    /// The columns that a line may have: with the last one filled, terminals differ in where the cursor is.
    static var width: Int? { Terminal.size.map { $0.columns - 1 } }

    /// Shows these lines in the place of the last ones. Lines that would not fit the screen are left out at the end.
    mutating func show(_ lines: [String]) {
        let size = Terminal.size ?? (80, 24)
        let shown = lines.prefix(max(1, size.rows - 1))
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
