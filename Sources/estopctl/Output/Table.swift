/// Rows in columns that fit the width, where there is one.
///
/// What does not fit is cut in the columns that may be, the widest first, and never in a pipe: a cut name would be
/// another's.
struct Table {
    struct Column {
        var title: String
        /// How narrow the column may become.
        var minimum = Int.max
        var isNumber = false
    }

    struct Cell {
        var text: String
        var emphasis = Style.Emphasis.plain

        init(_ text: String?, _ emphasis: Style.Emphasis = .plain) {
            self.text = Printable.text(text ?? "")
            self.emphasis = emphasis
        }
    }

    private static let gap = 2

    let columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The lines, the first of which are the titles.
    ///
    /// - Parameter width: The terminal's, or `nil` where lines may have any length.
    func lines(width: Int?, style: Style) -> [String] {
        let titles = columns.map { Cell($0.title, .dim) }
        let widths = self.widths(titles, within: width)
        return ([titles] + rows).map { row in line(row, widths, style) }
    }

    private func widths(_ titles: [Cell], within width: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            ([titles] + rows).map { DisplayWidth.of($0[index].text) }.max() ?? 0
        }
        guard let width else { return widths }
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
        while excess > 0 {
            let shrinkable = widths.indices.filter { widths[$0] > columns[$0].minimum }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        // On a very narrow terminal the last columns are left out, as far as they do not fit.
        for index in widths.indices.reversed() where excess > 0 {
            let cut = min(excess, widths[index])
            widths[index] -= cut
            excess -= widths[index] == 0 ? cut + Self.gap : cut
        }
        return widths
    }

    private func line(_ row: [Cell], _ widths: [Int], _ style: Style) -> String {
        var text = ""
        var owed = 0
        for (index, cell) in row.enumerated() {
            let shown = DisplayWidth.cut(cell.text, to: widths[index])
            let padding = widths[index] - DisplayWidth.of(shown)
            let before = columns[index].isNumber ? padding : 0
            // Spaces are written only once something follows them: no line ends in any.
            if !shown.isEmpty {
                text += String(repeating: " ", count: owed + before) + style.apply(cell.emphasis, to: shown)
                owed = padding - before + Self.gap
            } else {
                owed += padding + Self.gap
            }
        }
        return text
    }
}
