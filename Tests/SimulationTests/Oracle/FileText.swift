import TestSupport

/// Stop files as the simulation writes them, and what section 4 of the design says of them: read by rules of its own, a
/// line an entry, so that the parser is not judged by itself.
struct FileText {
    static let names = ["A", "AB", "B"]
    private static let patterns = ["*", "A*"]
    private static let words = ["go", "go", "go", "go", "go", "stop", "pause", "halt"]

    /// What a file says of each name: 0 for stop, 1 for pause, 2 for go.
    struct Verdict: Sendable {
        /// What it allows, taken as a whole.
        var allowed: [Int]
        /// The least that an entry, or a pattern, restrains it to; 2 where none does.
        var restraint: [Int]

        /// Nothing is to be read: everything stops, and nothing is listed.
        static let nothing = Verdict(allowed: [0, 0, 0], restraint: [2, 2, 2])
    }

    /// A file that chance makes.
    static func random(_ number: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(number))
        var lines: [String] = []
        for name in names where random.next() % 10 != 0 {
            lines.append(line(name, words[Int(random.next() % 8)]))
        }
        for pattern in patterns where random.next() % 6 == 0 {
            lines.append(line(pattern, words[Int(random.next() % 7)]))
        }
        if random.next() % 8 == 0 { lines.append(line(names[Int(random.next() % 3)], words[Int(random.next() % 8)])) }
        lines.shuffle(using: &random)
        return Array(lines.joined().utf8)
    }

    /// One that is malformed, at a place that chance gives.
    static func malformed(_ number: Int) -> [UInt8] {
        var bytes = random(number)
        let ends = bytes.indices.filter { bytes[$0] == 10 }.map { $0 + 1 } + [0]
        bytes.insert(contentsOf: "nonsense\n".utf8, at: ends[number / 7 % ends.count])
        return bytes
    }

    /// An entry that someone appends.
    static func appended(_ number: Int) -> [UInt8] {
        Array(line((names + patterns)[number % 5], words[number / 5 % 8]).utf8)
    }

    private static func line(_ name: String, _ word: String) -> String {
        "{\"Name\":\"\(name)\",\"Status\":\"\(word)\"}\n"
    }

    /// What these bytes say.
    static func verdict(_ bytes: [UInt8]) -> Verdict {
        var listed: [(name: String, level: Int)] = []
        var isWhole = true
        // A writer who dies between two entries may leave them on one line, and they are two all the same.
        let text = String(decoding: bytes, as: UTF8.self).replacing("}{", with: "}\n{")
        for line in text.split(separator: "\n") {
            guard let entry = entry(String(line)) else {
                isWhole = false
                break
            }
            listed.append(entry)
        }
        var verdict = Verdict.nothing
        for (index, name) in names.enumerated() {
            let own = listed.filter { $0.name == name }.map(\.level).min()
            let patterns = listed.filter { entry in
                entry.name.last == "*" && name.hasPrefix(String(entry.name.dropLast()))
            }
            let least = patterns.map(\.level).min() ?? 2
            verdict.restraint[index] = min(own ?? 2, least)
            verdict.allowed[index] = isWhole ? min(own ?? 0, least) : 0
        }
        return verdict
    }

    private static func entry(_ line: String) -> (name: String, level: Int)? {
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 9, parts[0] == "{", parts[1] == "Name", parts[2] == ":", parts[4] == ",",
            parts[5] == "Status", parts[6] == ":", parts[8] == "}", !parts[3].isEmpty
        else { return nil }
        return (parts[3], parts[7] == "go" ? 2 : parts[7] == "pause" ? 1 : 0)
    }
}
