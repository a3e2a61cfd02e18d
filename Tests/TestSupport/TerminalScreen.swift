/// What is to be seen on a terminal on which something was written: as much of one as estopctl makes use of.
package struct TerminalScreen {
    private let columns: Int
    private let rows: Int
    private var cells: [[Character]]
    private var row = 0
    private var column = 0
    /// Whether something was written beyond the last column.
    package private(set) var hasWrapped = false

    package init(columns: Int, rows: Int, showing text: String) {
        self.columns = columns
        self.rows = rows
        cells = Array(repeating: [], count: rows)
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": lineFeed()
            case "\u{1B}" where rest.first == "[":
                let body = rest.dropFirst().prefix { !("@"..."~").contains($0) }
                let end = rest.dropFirst(1 + body.count).first ?? "m"
                rest = rest.dropFirst(2 + body.count)
                control(end, Int(String(String.UnicodeScalarView(body))) ?? 0)
            default: put(Character(scalar))
            }
        }
    }

    /// The lines, without what is empty at their ends.
    package var lines: [String] {
        let texts = cells.map { line in
            String(line.filter { $0 != "\0" }).split(separator: " ", omittingEmptySubsequences: false)
                .reversed().drop { $0.isEmpty }.reversed().joined(separator: " ")
        }
        return texts.reversed().drop { $0.isEmpty }.reversed()
    }

    /// How many columns a text takes: what is Chinese, Japanese or Korean takes two for a character.
    package static func width(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + (("\u{2E80}"..."\u{FFEF}").contains($1) ? 2 : 1) }
    }

    private mutating func lineFeed() {
        column = 0
        row += 1
        guard row == rows else { return }
        cells.removeFirst()
        cells.append([])
        row -= 1
    }

    private mutating func control(_ end: Unicode.Scalar, _ number: Int) {
        switch end {
        case "A": row = max(0, row - max(1, number))
        case "H": (row, column) = (0, 0)
        case "K": cells[row] = Array(cells[row].prefix(column))
        case "J":
            cells[row] = Array(cells[row].prefix(column))
            for below in cells.indices.dropFirst(row + 1) { cells[below] = [] }
        default: break
        }
    }

    private mutating func put(_ character: Character) {
        let width = Self.width(String(character))
        if column + width > columns {
            hasWrapped = true
            lineFeed()
        }
        while cells[row].count < column + width { cells[row].append(" ") }
        cells[row][column] = character
        // The second half of a wide one is no character of its own.
        if width == 2 { cells[row][column + 1] = "\0" }
        column += width
    }
}
