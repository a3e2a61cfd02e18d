/// Rows in columns that fit the width, where there is one.
///
/// Where they do not, first the columns that may be are cut, the widest first, then those are left out that matter
/// least, and names are cut last of all: a cut name may be taken for another. In a pipe nothing is cut.
struct Table {
    struct Column {
        var title: String
        /// How narrow the column may become before another is left out.
        var minimum = Int.max
        var isNumber = false
        /// What matters less is left out first; without a rank the column stays.
        var rank: Int?
        /// Whether it holds the names that tell the rows apart.
        var isName = false
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
    /// Where a name does not fit whole, other columns are kept as long as it has so much room.
    private static let roomForName = 16
    /// What a name has before columns that would always stay are left out.
    private static let leastRoomForName = 8

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
        let cuts = columns.indices.map { index in
            columns[index].isName ? NameCut(rows.lazy.map { $0[index].text }, to: widths[index]) : nil
        }
        return ([titles] + rows).map { row in line(row, widths, cuts, style) }
    }

    /// The width of each column; 0 where it is left out.
    private func widths(_ titles: [Cell], within width: Int?) -> [Int] {
        let natural = columns.indices.map { index in
            ([titles] + rows).map { DisplayWidth.of($0[index].text) }.max() ?? 0
        }
        guard let width else { return natural }
        let selections = self.selections
        for selection in selections {
            if let widths = fitted(natural, selection, within: width) { return widths }
        }
        guard let name = columns.firstIndex(where: \.isName), let least = selections.last else {
            return truncated(natural, within: width)
        }
        // No name is saved by leaving out a column while the longest is cut all the same.
        for selection in selections {
            let room = roomForName(name, natural, selection, within: width)
            guard room >= Self.roomForName, NameCut(rows.lazy.map { $0[name].text }, to: room).keepsApart else {
                continue
            }
            var widths = natural
            widths[name] = room
            if let fitted = fitted(widths, selection, within: width) { return fitted }
        }
        var widths = columns.indices.map { least.contains($0) ? natural[$0] : 0 }
        widths[name] = max(
            min(widths[name], Self.leastRoomForName), roomForName(name, natural, least, within: width))
        return truncated(widths, within: width)
    }

    /// The columns to show: all, then without the one that matters least, and so on.
    private var selections: [[Int]] {
        let ranks = columns.compactMap(\.rank).sorted()
        return ([Int.min] + ranks.map { $0 + 1 }).map { least in
            columns.indices.filter { columns[$0].rank.map { $0 >= least } ?? true }
        }
    }

    /// The widths of these columns where they fit, the others being left out.
    private func fitted(_ natural: [Int], _ shown: [Int], within width: Int) -> [Int]? {
        var widths = columns.indices.map { shown.contains($0) ? natural[$0] : 0 }
        var excess = widths.reduce(0, +) + Self.gap * (shown.count - 1) - width
        while excess > 0 {
            let shrinkable = shown.filter { widths[$0] > columns[$0].minimum }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { return nil }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    private func roomForName(_ name: Int, _ natural: [Int], _ shown: [Int], within width: Int) -> Int {
        let others = shown.filter { $0 != name }
        return width - others.reduce(0) { $0 + min(natural[$1], columns[$1].minimum) + Self.gap }
    }

    /// On a very narrow terminal the last columns are left out, as far as they do not fit.
    private func truncated(_ widths: [Int], within width: Int) -> [Int] {
        var widths = widths
        var excess = widths.reduce(0, +) + Self.gap * (widths.count { $0 > 0 } - 1) - width
        for index in widths.indices.reversed() where excess > 0 && widths[index] > 0 {
            let cut = min(excess, widths[index])
            widths[index] -= cut
            excess -= widths[index] == 0 ? cut + Self.gap : cut
        }
        return widths
    }

    private func line(_ row: [Cell], _ widths: [Int], _ cuts: [NameCut?], _ style: Style) -> String {
        var text = ""
        var owed = 0
        for (index, cell) in row.enumerated() where widths[index] > 0 {
            let shown = cuts[index]?(cell.text) ?? DisplayWidth.cut(cell.text, to: widths[index])
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
