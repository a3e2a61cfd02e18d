internal import EmergencyStopCore
internal import Foundation
internal import Testing

/// The parser against two others that share nothing with it: Foundation's, and a slow one written for this.
struct DifferentialTests {
    @Test("Files as people write them say what the reference says", arguments: SeededRandom.seeds)
    func wellMeantFiles(seed: UInt64) throws {
        var generator = GeneratedStopFile(seed: seed)
        for round in 0..<500 {
            try expectAgreement(generator.wellMeant(), "seed \(seed), round \(round)")
        }
    }

    @Test("Damaged files say what the reference says, and show what it finds in them", arguments: SeededRandom.seeds)
    func damagedFiles(seed: UInt64) throws {
        var generator = GeneratedStopFile(seed: seed)
        for round in 0..<1000 {
            try expectAgreement(generator.damaged(generator.wellMeant()), "seed \(seed), round \(round)")
        }
    }

    @Test("The corpus says what the reference says", arguments: try Corpus.names())
    func corpus(name: String) throws {
        try expectAgreement(try Corpus.bytes(name), "\(name)")
    }

    @Test("What Foundation reads at the place of an entry is that entry", arguments: SeededRandom.seeds)
    func foundation(seed: UInt64) throws {
        var generator = GeneratedStopFile(seed: seed)
        let decoder = JSONDecoder()
        for round in 0..<300 {
            let bytes = round % 2 == 0 ? generator.wellMeant() : generator.damaged(generator.wellMeant())
            let file = StopFile(parsing: bytes)
            for position in 0..<file.entries.count {
                let object = Data(bytes[file.entries.object(at: position)])
                // Not JSONSerialization: it drops a U+FEFF that begins a string or stands behind an escape.
                let decoded = try decoder.decode([String: String?].self, from: object)
                var values: [String: String] = [:]
                for (key, value) in decoded { values[key.lowercased()] = value }
                let entry = file.entries[position]
                let comment: Comment = "seed \(seed), round \(round)"
                #expect(isSame(values["reason"], entry.reason), comment)
                #expect(isSame(values["by"], entry.by), comment)
                #expect(isSame(values["at"], entry.at), comment)
                #expect(entry.isInvalid || values["status"] == entry.status.rawValue, comment)
                let trimmed = values["name"].map { String(Substring($0).trimmingWhiteSpace) }
                #expect(isSame(trimmed, entry.name.text), comment)
            }
        }
    }

    private func expectAgreement(_ bytes: [UInt8], _ comment: Comment) throws {
        let file = StopFile(parsing: bytes)
        let reference = ReferenceStopFile(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        try #require((file.malformation != nil) == reference.isMalformed, "\(comment): \(text)")
        try #require(file.entries.count == reference.entries.count, "\(comment): \(text)")
        for (position, expected) in reference.entries.enumerated() {
            let entry = file.entries[position]
            try #require(entry == expected, "\(comment): \(text)")
            // Strings are equal where they are canonically equivalent: that is not enough here.
            try #require(
                isSame(entry.reason, expected.reason) && isSame(entry.by, expected.by) && isSame(entry.at, expected.at),
                "\(comment): \(text)"
            )
        }
    }

    private func isSame(_ mine: String?, _ theirs: String?) -> Bool {
        mine.map { Array($0.utf8) } == theirs.map { Array($0.utf8) }
    }
}
