import Foundation
import Resilience
import Testing

/// What is in the way gets a clear error, and is left as it is.
@Suite struct DesiredFileRefusalTests {
    private let folder: TemporaryFolder
    private let probe = Program("resilience-probe")

    init() throws {
        folder = try TemporaryFolder()
    }

    private func expect(
        _ code: FileError.Code, at name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let file = DesiredFile(path: folder.path(name), contents: [1])
        for attempt in [{ try file.apply() as Any }, { try file.plan() as Any }] as [() throws -> Any] {
            let error = #expect(throws: FileError.self, sourceLocation: sourceLocation) { _ = try attempt() }
            #expect(error?.code == code, sourceLocation: sourceLocation)
        }
    }

    @Test func `a directory`() throws {
        mkdir(folder.path("d"), 0o755)
        expect(.isDirectory, at: "d")
        #expect(folder.names == ["d"])
    }

    @Test(.timeLimit(.minutes(10))) func `a FIFO, without waiting for its other end`() {
        mkfifo(folder.path("f"), 0o644)
        expect(.notRegular, at: "f")
        #expect(folder.names == ["f"])
    }

    @Test func `a missing directory, and a file in its place`() throws {
        expect(.missingDirectory, at: "none/a")
        try folder.write("file", [1])
        expect(.notADirectory, at: "file/a")
    }

    @Test(arguments: ["", "/", "x/", ".", "..", "x/..", "a\0b"])
    func `paths of no file`(path: String) {
        let error = #expect(throws: FileError.self) { try DesiredFile(path: path, contents: []).apply() }
        #expect(error?.code == .invalidPath)
    }

    @Test func `a name that is too long`() {
        expect(.invalidPath, at: String(repeating: "n", count: 256))
    }

    @Test func `a directory that may not be written to`() async throws {
        mkdir(folder.path("d"), 0o555)
        try folder.write("d/a", [1])
        let asRoot = geteuid() == 0 ? ["user=65534"] : []
        let result = try await probe.run([folder.path("d/a"), "2", "10"] + asRoot)
        #expect(result.lines == ["notPermitted"])
        #expect(folder.read("d/a") == [1])
        let created = try await probe.run([folder.path("d/b"), "2", "10"] + asRoot)
        #expect(created.lines == ["notPermitted"])
        // What is as it should be needs no right to write.
        let unchanged = try await probe.run([folder.path("d/a"), "1", "1"] + asRoot)
        #expect(unchanged.lines == ["unchanged"])
        chmod(folder.path("d"), 0o755)
    }

    @Test func `a file that may not be read`() async throws {
        try folder.write("a", [1], mode: 0o200)
        let result = try await probe.run(
            [folder.path("a"), "2", "10"] + (geteuid() == 0 ? ["user=65534"] : []))
        #expect(result.lines == ["notReadable"])
    }

    @Test func `an owner that may not be kept fails, or is a warning when it need not be`() async throws {
        try #require(geteuid() == 0, "needs root to make a file of another's")
        try folder.write("a", [1], mode: 0o644)
        let arguments = [folder.path("a"), "2", "10", "user=65534"]
        let strict = try await probe.run(arguments)
        #expect(strict.lines == ["metadata"])
        #expect(strict.status == 1)
        #expect(folder.read("a") == [1])
        #expect(folder.names == ["a"])
        let lenient = try await probe.run(arguments + ["policy=best-effort"])
        #expect(lenient.lines == ["replaced", "ownerAndGroup"])
        #expect(folder.read("a") == [UInt8](repeating: 2, count: 10))
    }

    @Test func `nothing runs as somebody that it was not meant to`() async throws {
        try #require(geteuid() == 0, "needs root to make a file of another's")
        try folder.write("a", [1])
        chmod(folder.path("a"), 0o6755)
        let result = try await probe.run([folder.path("a"), "2", "10", "user=65534", "policy=best-effort"])
        #expect(result.lines == ["replaced", "ownerAndGroup"])
        var status = stat()
        stat(folder.path("a"), &status)
        #expect(status.st_mode & 0o7777 == 0o755)
    }

    @Test func `errors say what to do`() {
        mkdir(folder.path("d"), 0o755)
        let path = folder.path("d")
        let error = #expect(throws: FileError.self) { try DesiredFile(path: path, contents: []).apply() }
        #expect(error?.description == "\(path): is a directory: give the path of a file in it")
        let missing = #expect(throws: FileError.self) { try DesiredFile(path: path + "/x/y", contents: []).plan() }
        #expect(
            missing?.description
                == "\(path)/x/y: its directory does not exist: create it first (open: No such file or directory)")
    }
}
