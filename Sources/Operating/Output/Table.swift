internal import CPosix
internal import Glibc

/// Rows in columns that fit the width, where there is one.
///
/// Where they do not, first the columns that may be are cut, the widest first, then names, as far as they go on to
/// differ; then columns are left out, the empty ones first and then those that matter least. In a pipe nothing is cut.
package struct Table {
    package struct Column {
        let title: String
        /// How narrow the column may become before another is left out.
        let minimum: Int
        let isNumber: Bool
        /// What matters less is left out first; without a rank the column stays.
        let rank: Int?
        /// Whether it holds the names that tell the rows apart.
        let isName: Bool
        /// Whether it holds times: where there is no room, how long ago is left out before the time is cut.
        let isTime: Bool

        package init(
            title: String, minimum: Int = .max, isNumber: Bool = false, rank: Int? = nil, isName: Bool = false,
            isTime: Bool = false
        ) {
            self.title = title
            self.minimum = minimum
            self.isNumber = isNumber
            self.rank = rank
            self.isName = isName
            self.isTime = isTime
        }

        func cut(_ text: String, to width: Int) -> String {
            let isWide = isTime && DisplayWidth.of(text) > width
            return DisplayWidth.cut(isWide ? brief(text) : text, to: width)
        }

        /// A time without how long ago it was.
        func brief(_ text: String) -> String {
            text.firstRange(of: " (").map { String(text[..<$0.lowerBound]) } ?? text
        }
    }

    package struct Cell {
        package var text: String
        package var emphasis = Style.Emphasis.plain

        package init(_ text: String?, _ emphasis: Style.Emphasis = .plain) {
            self.text = Printable.text(text ?? "")
            self.emphasis = emphasis
        }
    }

    private static let gap = 2
    /// Where a name does not fit whole, other columns are kept as long as it has so much room.
    private static let roomForName = 16
    /// What a name has before columns that would always stay are left out.
    private static let leastRoomForName = 8

    package let columns: [Column]
    package var rows: [[Cell]] = []

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The lines, the first of which are the titles.
    ///
    /// - Parameter width: The terminal's, or `nil` where lines may have any length.
    package func lines(width: Int?, style: Style) -> [String] {
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
        let name = columns.firstIndex(where: \.isName)
        let selections = self.selections
        for selection in selections {
            if let widths = fitted(natural, selection, within: width) { return widths }
            // A name that is shortened and still tells the rows apart costs less than a column that is left out.
            guard let name else { continue }
            let room = roomForName(name, natural, selection, within: width)
            guard room >= Self.roomForName, NameCut(rows.lazy.map { $0[name].text }, to: room).keepsApart else {
                continue
            }
            var widths = natural
            widths[name] = room
            if let fitted = fitted(widths, selection, within: width) { return fitted }
        }
        guard let name, let least = selections.last else { return truncated(natural, within: width) }
        var widths = columns.indices.map { least.contains($0) ? natural[$0] : 0 }
        widths[name] = max(
            min(widths[name], Self.leastRoomForName), roomForName(name, natural, least, within: width))
        return truncated(widths, within: width)
    }

    /// The columns to show: all, then without those that are empty, then without the one that matters least, and so on.
    private var selections: [[Int]] {
        let filled = columns.indices.filter { index in
            columns[index].rank == nil || rows.contains { !$0[index].text.isEmpty }
        }
        let ranks = columns.compactMap(\.rank).sorted()
        return [Array(columns.indices), filled]
            + ranks.map { rank in filled.filter { columns[$0].rank.map { $0 > rank } ?? true } }
    }

    /// The widths of these columns where they fit, the others being left out.
    private func fitted(_ natural: [Int], _ shown: [Int], within width: Int) -> [Int]? {
        var widths = columns.indices.map { shown.contains($0) ? natural[$0] : 0 }
        var excess = widths.reduce(0, +) + Self.gap * (shown.count - 1) - width
        // How long ago something was is the first to go.
        for index in shown where excess > 0 && columns[index].isTime {
            let brief = rows.map { DisplayWidth.of(columns[index].brief($0[index].text)) }.max() ?? 0
            let saved = widths[index] - max(brief, columns[index].minimum)
            if saved > 0 {
                widths[index] -= saved
                excess -= saved
            }
        }
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
            let shown = cuts[index]?(cell.text) ?? columns[index].cut(cell.text, to: widths[index])
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

/// Cuts names in the middle, so that those that differ go on to differ where the width allows it.
///
/// Names begin alike or end alike. How much of their end is kept is chosen so that the fewest of them become the same.
package struct NameCut {
    private let width: Int
    private let tail: Int
    /// Whether no two names have become one.
    package let keepsApart: Bool

    package init(_ names: some Sequence<String>, to width: Int) {
        self.width = width
        let names = Set(names)
        let room = max(0, width - 1)
        var best = (tail: room / 2, lost: Int.max)
        for tail in [room / 2, room * 3 / 4, room / 4, room, 0] where best.lost > 0 {
            let shown = Set(names.map { DisplayWidth.cut($0, to: width, keeping: tail) })
            if names.count - shown.count < best.lost { best = (tail, names.count - shown.count) }
        }
        tail = best.tail
        keepsApart = best.lost == 0
    }

    package func callAsFunction(_ name: String) -> String { DisplayWidth.cut(name, to: width, keeping: tail) }
}

/// How many columns of a terminal a text takes.
package enum DisplayWidth {
    /// The locale whose tables say how wide a character is, whatever the user's own is.
    // Unsafe because pointers are not Sendable: this one is set once, and what it points to never changes.
    private nonisolated(unsafe) static let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

    package static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + of($1) }
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        let previous = uselocale(locale)
        defer { uselocale(previous) }
        return max(0, Int(cposix_wcwidth(wchar_t(scalar.value))))
    }

    /// The text, cut with an ellipsis where it is wider.
    ///
    /// - Parameter tail: How many columns of its end are kept behind the ellipsis.
    package static func cut(_ text: String, to width: Int, keeping tail: Int = 0) -> String {
        guard of(text) > width else { return text }
        guard width > 1 else { return width == 1 ? "…" : "" }
        let end = prefix(text.reversed(), within: min(tail, width - 1))
        let start = prefix(text, within: width - 1 - end.reduce(0) { $0 + of(String($1)) })
        return String(start) + "…" + String(end.reversed())
    }

    private static func prefix(_ text: some Sequence<Character>, within width: Int) -> [Character] {
        var left = width
        return Array(
            text.prefix { character in
                left -= of(String(character))
                return left >= 0
            })
    }
}
