internal import Glibc

/// Some lines on a terminal that are written over again and again, in place.
struct LiveBlock {
    private var shownRows = 0

    /// Shows these lines in the place of the last ones. Lines that would not fit the screen are left out at the end.
    mutating func show(_ lines: [String]) {
        let height = max(1, (Terminal.size?.rows ?? 24) - 1)
        let shown = lines.prefix(height)
        var text = shownRows > 0 ? "\u{1B}[\(shownRows)A" : ""
        // Each line is cleared behind its text and not before it: nothing flickers.
        for line in shown { text += "\r" + line + "\u{1B}[K\n" }
        text += "\u{1B}[J"
        shownRows = shown.count
        print(text, terminator: "")
        fflush(nil)
    }
}
