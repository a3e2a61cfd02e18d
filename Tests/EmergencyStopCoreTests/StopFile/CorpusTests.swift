internal import EmergencyStopCore
internal import Foundation
internal import Testing

/// The stop files of `Corpus/`, each with the answers that it must give.
struct CorpusTests {
    @Test("The corpus is there: each stop file with its answers")
    func corpusIsComplete() throws {
        #expect(try Corpus.names().count >= 40)
    }

    @Test("A stop file of the corpus gives the answers written beside it", arguments: try Corpus.names())
    func answersAreThoseExpected(name: String) throws {
        let (file, expected) = try Corpus.read(name)
        let parsed = StopFile(parsing: file)
        #expect((parsed.malformation != nil) == expected.isMalformed)
        let snapshot = Snapshot(SettledState(parsed))
        for answer in expected.answers {
            let report = snapshot.report(for: try WorkflowName(answer.name))
            #expect(report.status == answer.status, "\(answer.name)")
            #expect(report.cause == answer.cause, "\(answer.name)")
        }
    }
}

/// The pairs of files in the folder `Corpus`.
enum Corpus {
    /// What the `.expect` file says of its stop file.
    struct Expectation {
        struct Answer {
            var status: WorkflowStatus
            var name: String
            var cause: StopCause
        }

        var isMalformed: Bool
        var answers: [Answer]
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpus")

    static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .map { $0.deletingPathExtension().lastPathComponent }
            .sorted()
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name + ".json")))
    }

    static func read(_ name: String) throws -> (file: [UInt8], expected: Expectation) {
        let text = try String(contentsOf: folder.appending(path: name + ".expect"), encoding: .utf8)
        var lines = text.split(separator: "\n")
        let condition = lines.removeFirst()
        try #require(condition == "read" || condition == "malformed")
        let answers = try lines.map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            try #require(fields.count == 3, "\(line)")
            return Expectation.Answer(
                status: try #require(WorkflowStatus(rawValue: fields[0])), name: fields[1],
                cause: try #require(StopCause(rawValue: fields[2]))
            )
        }
        try #require(!answers.isEmpty)
        return (try bytes(name), Expectation(isMalformed: condition == "malformed", answers: answers))
    }
}

extension SettledState {
    /// What a settled read of this file is.
    init(_ file: StopFile) {
        if let malformation = file.malformation {
            self.init(condition: .malformed(malformation))
        } else {
            self.init(condition: .readable, entries: file.entries, warnings: file.warnings)
        }
    }
}
