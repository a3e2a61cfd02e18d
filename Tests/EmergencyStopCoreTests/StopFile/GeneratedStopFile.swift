/// Stop files made at random: some as people write them, some as a torn write or a slip of the finger leaves them.
struct GeneratedStopFile {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private static let names = [
        "A", "B", "C", "AB", "AB*", "A*", "*", "é", "e\u{301}", "消", "🛑", "Satellite", "Satellite*", "", "\u{3000}A ",
        "A\u{85}", "A\u{7F}B", "a/b", "a\"b", "a\\b", "{\"Name\":\"Z\",\"Status\":\"stop\"}", "{}", "[{",
        String(repeating: "n", count: 255), String(repeating: "n", count: 256), String(repeating: "消", count: 85) + "n",
    ]
    private static let statuses = ["go", "go", "go", "stop", "pause", "Go", "", "stop ", "banana"]
    private static let keys = ["Name", "Status", "Reason", "By", "At"]
    private static let spaces = ["", "", "", " ", "\n", "\r\n", "\t", "  \n "]
    private static let splinters = [
        "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "\\ud83d", "null", "{}", "{\"", "\"Name\":", "\u{FEFF}", "\0",
        "\n",
        "\u{7F}", "\u{85}", "1", "#", "{\"Name\":\"Q\",\"Status\":\"stop\"}",
    ]
    private static let bytes: [UInt8] = [
        0x00, 0x1F, 0x20, 0x22, 0x5C, 0x7B, 0x7D, 0x80, 0xBF, 0xC0, 0xC2, 0xED, 0xF4, 0xFF,
    ]

    /// A file in which most is in order.
    mutating func wellMeant() -> [UInt8] {
        let objects = (0..<random.below(6)).map { _ in object() }
        let isArray = random.isOne(in: 4)
        var text = random.isOne(in: 8) ? "\u{FEFF}" : ""
        text += space() + (isArray ? "[" + space() : "")
        text += objects.joined(separator: isArray ? space() + "," + space() : space())
        text += space() + (isArray ? "]" + space() : "")
        return Array(text.utf8)
    }

    /// The file with some damage.
    mutating func damaged(_ file: [UInt8]) -> [UInt8] {
        var file = file
        for _ in 0...random.below(3) {
            let place = random.below(file.count + 1)
            let end = min(file.count, place + random.below(12))
            switch random.below(7) {
            case 0: file.removeSubrange(place..<end)
            case 1: file.insert(random.pick(Self.bytes), at: place)
            case 2: file.insert(contentsOf: Array(random.pick(Self.splinters).utf8), at: place)
            case 3: file.removeSubrange(place...)
            case 4: file.insert(contentsOf: Array(file[place..<end]), at: random.below(file.count + 1))
            case 5: if place < file.count { file[place] = random.pick(Self.bytes) }
            default: if place < file.count { file[place] ^= 1 << UInt8(random.below(8)) }
            }
        }
        return file
    }

    private mutating func object() -> String {
        var members = [("Name", random.pick(Self.names)), ("Status", random.pick(Self.statuses))]
        for key in Self.keys.dropFirst(2) where random.isOne(in: 4) { members.append((key, random.pick(Self.names))) }
        if random.isOne(in: 10) { members.removeFirst() }
        members.shuffle(using: &random)
        let texts = members.map { key, value in
            let value = random.isOne(in: 12) ? "null" : quoted(value)
            return quoted(recased(key)) + space() + ":" + space() + value
        }
        return "{" + space() + texts.joined(separator: space() + "," + space()) + space() + "}"
    }

    private mutating func space() -> String { random.pick(Self.spaces) }

    private mutating func recased(_ key: String) -> String {
        switch random.below(6) {
        case 0: key.lowercased()
        case 1: key.uppercased()
        default: key
        }
    }

    /// The text as a JSON string, with more escapes than there need be.
    private mutating func quoted(_ text: String) -> String {
        let escapesAll = random.isOne(in: 8)
        var written = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" {
                written += "\\" + String(scalar)
            } else if escapesAll || random.isOne(in: 20) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: random.isOne(in: 2))
                    written += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }
            } else {
                written.unicodeScalars.append(scalar)
            }
        }
        return written + "\""
    }
}
