internal import Testing

@testable internal import EmergencyStopCore

struct EntryTableTests {
    @Test("An entry is found by its name, byte by byte, and no other is")
    func lookup() {
        let table = EntryTable([entry("é", .go), entry("A", .pause), entry("A*", .stop)])
        #expect(position("é", table) == 0)
        #expect(position("A", table) == 1)
        #expect(position("A*", table) == 2)
        for absent in ["e\u{301}", "a", "", "AA", "*", "A* "] { #expect(position(absent, table) == nil, "\(absent)") }
        #expect(table.patternPositions == [2])
        #expect(table.isPattern(at: 2))
        #expect(!table.isPattern(at: 1))
    }

    @Test("A table without entries finds nothing")
    func emptyTable() {
        #expect(EntryTable().count == 0)
        #expect(position("A", EntryTable()) == nil)
        #expect(EntryTable([entry("A", .go)]).position(ofEntryAt: 0, in: EntryTable([entry("B", .go)])) == nil)
    }

    @Test("Of two of one name the more restrictive holds, at the place of the first; of two alike the first")
    func duplicates() {
        let table = EntryTable([
            entry("A", .go), entry("B", .stop, by: "1"), entry("A", .pause), entry("B", .stop, by: "2"),
            entry("B", .go),
        ])
        #expect(table.count == 2)
        #expect(table[0] == entry("A", .pause))
        #expect(table[1] == entry("B", .stop, by: "1"))
    }

    @Test("An entry is found in another table, at the same place or at another")
    func positionInOtherTable() {
        let one = EntryTable([entry("A", .go), entry("B", .go), entry("C", .go)])
        let other = EntryTable([entry("A", .stop), entry("C", .stop), entry("D", .stop), entry("B", .go)])
        #expect((0..<4).map { one.position(ofEntryAt: $0, in: other) } == [0, 2, nil, 1])
    }

    @Test("Two entries are the same when all that they say is, wherever it stands")
    func sameEntry() {
        let plain = entry("A", .stop, by: "x")
        var others = [plain, plain, plain, plain, plain, plain]
        others[0].status = .pause
        others[1].isInvalid = true
        others[2].reason = ""
        others[3].by = nil
        others[4].at = "x"
        others[5].name = WorkflowName(validated: "B")
        let table = EntryTable([entry("before", .go), plain])
        for other in others {
            #expect(!table.isSameEntry(at: 1, as: 0, in: EntryTable([other])), "\(other)")
        }
        #expect(table.isSameEntry(at: 1, as: 0, in: EntryTable([plain])))
        let parsed = StopFile(parsing: Array(#"{"By":"\u0078","Status":"stop","Name":" \u0041"}"#.utf8))
        #expect(table.isSameEntry(at: 1, as: 0, in: parsed.entries))
    }

    @Test("The texts of an entry are those it has, empty ones too")
    func texts() {
        var keys: [String] = []
        let table = EntryTable([Entry(name: WorkflowName(validated: "A"), status: .go, reason: "", at: "now")])
        table.withTexts(at: 0) { key, text in keys.append("\(key)=\(String(decodingValid: text))") }
        #expect(keys == ["reason=", "at=now"])
    }

    @Test("Restraints are added as a plain dictionary would add them", arguments: SeededRandom.seeds)
    func restraintsLikeAModel(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = EntryTable()
        var model: [WorkflowName: Entry] = [:]
        for round in 0..<200 {
            let shown = EntryTable(
                (0..<random.below(6)).map { _ in
                    entry(
                        random.pick(["A", "B", "C", "D", "E*", "*"]), random.pick([.go, .pause, .stop]),
                        by: random.isOne(in: 2) ? "\(round)" : nil
                    )
                }
            )
            var isAdded = false
            for position in 0..<shown.count where shown[position].status != .go {
                let entry = shown[position]
                if let known = model[entry.name], known.status <= entry.status { continue }
                model[entry.name] = entry
                isAdded = true
            }
            let next = shown.restraints(addedTo: table)
            #expect((next != nil) == isAdded, "seed \(seed), round \(round)")
            table = next ?? table
            #expect(table.count == model.count, "seed \(seed), round \(round)")
            for (name, entry) in model {
                #expect(self.position(name.text, table).map { table[$0] } == entry, "seed \(seed), round \(round)")
            }
            if round % 50 == 49 {
                table = EntryTable()
                model = [:]
            }
        }
    }

    @Test("Restraints that outgrow their limit, other names at each read, become a stop of everything")
    func restraintsBeyondTheLimit() throws {
        var table = EntryTable()
        for round in 0..<100 {
            let names = (0..<10).map { Entry(name: WorkflowName(validated: "R\(round)N\($0)"), status: .pause) }
            table = try #require(EntryTable(names).restraints(addedTo: table, byteLimit: 200))
            #expect(table.bytes.count <= 300)
            if round >= 5 {
                let place = try #require(position("*", table))
                #expect(table[place].status == .stop)
                #expect(table[place].reason != nil)
            }
        }
    }

    @Test("A hundred thousand entries are found, each by its name")
    func manyEntries() {
        var text: [UInt8] = []
        for number in 0..<100_000 { text += Array("{\"Name\":\"w\(number)\",\"Status\":\"go\"}\n".utf8) }
        let table = StopFile(parsing: text).entries
        #expect(table.count == 100_000)
        let wrong = (0..<100_000).filter { (number: Int) in position("w\(number)", table) != number }
        #expect(wrong.isEmpty)
        #expect(position("w100000", table) == nil)
    }

    @Test("The index finds what was put in although all hashes are the same")
    func collisions() {
        var index = NameIndex(capacity: 100)
        for place in 0..<100 { index.insert(place, 42) }
        for place in 0..<100 { #expect(index.first(42) { $0 == place } == place) }
        #expect(index.first(42) { _ in false } == nil)
        #expect(index.first(42 | 1 << 40) { _ in true } == nil)
    }

    @Test("A key is matched without regard to ASCII case, and to no other")
    func keys() {
        func field(_ key: String) -> ObjectValues.Field? { ObjectValues.Field(key: Array(key.utf8).span) }
        #expect(["Name", "NAME", "name", "nAmE"].allSatisfy { field($0) == .name })
        #expect(["Status", "reason", "BY", "aT"].map(field) == [.status, .reason, .by, .at])
        for key in [
            "", "Nam", "Names", "Name ", "\u{17F}tatus", "N\u{E1}me", "\u{2E}ame", "B\u{19}", "\u{01}t", "@t", "b9",
        ] {
            #expect(field(key) == nil, "\(key)")
        }
    }

    private func entry(_ name: String, _ status: WorkflowStatus, by: String? = nil) -> Entry {
        Entry(name: WorkflowName(validated: name), status: status, by: by)
    }

    private func position(_ name: String, _ table: EntryTable) -> Int? {
        table.position(of: Array(name.utf8).span)
    }
}
