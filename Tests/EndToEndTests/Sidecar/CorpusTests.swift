import TestSupport
import Testing

@Suite("The corpus of stop files", .blocking)
struct CorpusTests {
    /// The files lie with the tests of the parser.
    private static let folder: String = {
        let here = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return here.dropLast(3).joined(separator: "/") + "/EmergencyStopCoreTests/Corpus"
    }()
    private static let names = namesInDirectory(folder).filter { $0.hasSuffix(".json") }

    @Test("is answered as expected by the running sidecar", .enabled(if: !names.isEmpty, "the corpus is not there"))
    func answers() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            for name in Self.names {
                let expectations = try textOfFile(at: "\(Self.folder)/\(name.dropLast(5)).expect").split(
                    separator: "\n")
                try sidecar.folder.write(try bytesOfFile(at: "\(Self.folder)/\(name)"), to: "next")
                try sidecar.folder.move("next", to: RunningSidecar.fileName)
                #expect(try client.ask("sync").word == "synced")
                let facts = try client.askLines("info")
                let condition = facts.first { $0.subject == "condition" }?["value"]
                #expect(condition == (expectations[0] == "read" ? "readable" : "malformed-file"), "\(name)")
                for expectation in expectations.dropFirst() {
                    let parts = expectation.split(separator: "\t").map(String.init)
                    let line = try client.ask("status \(parts[1])")
                    #expect(line.head == "\(parts[0]) \(parts[1])", "\(name)")
                    #expect(line["cause"] == parts[2], "\(name)")
                }
            }
        }
    }
}
