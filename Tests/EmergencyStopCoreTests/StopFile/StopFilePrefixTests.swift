internal import EmergencyStopCore
internal import Testing

/// A file that is half written, as every prefix of a whole one, never makes anything go that the whole does not.
struct StopFilePrefixTests {
    @Test("No prefix of a file of the corpus lets go what the whole file does not", arguments: try Corpus.names())
    func corpus(name: String) throws {
        try expectDoubtIsStop(try Corpus.bytes(name), "\(name)")
    }

    @Test("No prefix of a generated file lets go what the whole file does not", arguments: SeededRandom.seeds)
    func generated(seed: UInt64) throws {
        var generator = GeneratedStopFile(seed: seed)
        for round in 0..<15 { try expectDoubtIsStop(generator.wellMeant(), "seed \(seed), round \(round)") }
    }

    @Test(
        "A restraint that a prefix shows is shown by every longer one, whatever follows", arguments: SeededRandom.seeds)
    func restraintsStay(seed: UInt64) throws {
        var generator = GeneratedStopFile(seed: seed)
        for round in 0..<15 {
            let bytes = generator.damaged(generator.wellMeant()) + generator.damaged(generator.wellMeant())
            var shown: [WorkflowName: WorkflowStatus] = [:]
            for length in 0...bytes.count {
                let now = restraints(StopFile(parsing: Array(bytes.prefix(length))))
                for (name, status) in shown {
                    let later = now[name] ?? .go
                    try #require(later <= status, "seed \(seed), round \(round), \(length) bytes, \(name)")
                }
                shown = now
            }
        }
    }

    private func restraints(_ file: StopFile) -> [WorkflowName: WorkflowStatus] {
        var restraints: [WorkflowName: WorkflowStatus] = [:]
        for position in 0..<file.entries.count where file.entries.status(at: position) != .go {
            restraints[file.entries.name(at: position)] = file.entries.status(at: position)
        }
        return restraints
    }

    /// Of each prefix: malformed, it stops all once settled; well-formed, it may lack a restraint that comes later,
    /// but it lists as `go` nothing that the whole file does not list.
    private func expectDoubtIsStop(_ bytes: [UInt8], _ comment: Comment) throws {
        let whole = StopFile(parsing: bytes)
        var listed: Set<WorkflowName> = []
        for position in 0..<whole.entries.count { listed.insert(whole.entries.name(at: position)) }
        for length in 0...bytes.count {
            let file = StopFile(parsing: Array(bytes.prefix(length)))
            let settled = Snapshot(SettledState(file))
            for position in 0..<file.entries.count {
                let name = file.entries.name(at: position)
                try #require(listed.contains(name), "\(comment), \(length) bytes")
                if file.malformation != nil {
                    try #require(settled.report(for: name).status == .stop, "\(comment), \(length) bytes")
                    try #require(settled.report(for: name).cause == .malformedFile, "\(comment), \(length) bytes")
                }
            }
        }
    }
}
