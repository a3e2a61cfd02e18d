/// What is to be seen on a terminal on which something was written: as much of one as estopctl makes use of.
package struct TerminalScreen {
    private struct Cell {
        var character: Character
        /// The colour as it was set, `1;31` say; empty for plain text.
        var style = ""
    }

    private let columns: Int
    private let rows: Int
    private var cells: [[Cell]]
    /// Which rows go on with what the row above had no room for.
    private var continued: [Bool]
    private var style = ""
    private var row = 0
    private var column = 0
    /// Whether something was written beyond the last column.
    package private(set) var hasWrapped = false

    package init(columns: Int, rows: Int, showing text: String) {
        self.columns = columns
        self.rows = rows
        cells = Array(repeating: [], count: rows)
        continued = Array(repeating: false, count: rows)
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": lineFeed()
            case "\u{1B}" where rest.first == "[":
                let body = rest.dropFirst().prefix { !("@"..."~").contains($0) }
                let end = rest.dropFirst(1 + body.count).first ?? "m"
                rest = rest.dropFirst(2 + body.count)
                control(end, String(String.UnicodeScalarView(body)))
            default: put(Character(scalar))
            }
        }
    }

    /// The lines, without what is empty at their ends.
    package var lines: [String] { trimmed(cells) { line in String(line.map(\.character).filter { $0 != "\0" }) } }

    /// The lines as they were written, those that the terminal has broken in one piece. In colour `‹1;31›` stands where
    /// one begins and `‹›` where it ends.
    package func writtenLines(inColour: Bool) -> [String] {
        var written: [[Cell]] = []
        for (row, line) in cells.enumerated() {
            if continued[row], !written.isEmpty {
                written[written.count - 1] += line
            } else {
                written.append(line)
            }
        }
        return trimmed(written) { line in
            guard inColour else { return String(line.map(\.character).filter { $0 != "\0" }) }
            var text = ""
            var style = ""
            for cell in line where cell.character != "\0" {
                if cell.style != style { text += "‹\(cell.style)›" }
                style = cell.style
                text.append(cell.character)
            }
            return style.isEmpty ? text : text + "‹›"
        }
    }

    private func trimmed(_ lines: [[Cell]], _ text: ([Cell]) -> String) -> [String] {
        let texts = lines.map { line in
            text(Array(line.reversed().drop { $0.character == " " && $0.style.isEmpty }.reversed()))
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
        if row == rows {
            cells.removeFirst()
            cells.append([])
            continued.removeFirst()
            continued.append(false)
            row -= 1
        }
        continued[row] = false
    }

    private mutating func control(_ end: Unicode.Scalar, _ argument: String) {
        switch end {
        case "A": row = max(0, row - max(1, Int(argument) ?? 0))
        case "m": style = argument == "0" ? "" : argument
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
            continued[row] = true
        }
        while cells[row].count < column + width { cells[row].append(Cell(character: " ")) }
        cells[row][column] = Cell(character: character, style: style)
        // The second half of a wide one is no character of its own.
        if width == 2 { cells[row][column + 1] = Cell(character: "\0") }
        column += width
    }
}
