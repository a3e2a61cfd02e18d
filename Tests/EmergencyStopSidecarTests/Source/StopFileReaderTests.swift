internal import EmergencyStopCore
internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import EmergencyStopSidecar

@Suite("Reading the file", .blocking)
struct StopFileReaderTests {
    private func read(_ folder: WatchedFolder, limit: Int = 1 << 20) -> FileRead {
        var reader = StopFileReader(path: folder.file, sizeLimit: limit)
        return reader.read()
    }

    private func absence(_ folder: WatchedFolder) -> Absence? {
        if case .absent(let absence) = read(folder) { absence } else { nil }
    }

    private func content(_ folder: WatchedFolder, limit: Int = 1 << 20) -> FileContent? {
        if case .file(let content) = read(folder, limit: limit) { content } else { nil }
    }

    @Test("A regular file comes with its bytes, its owner and its identity")
    func regular() throws {
        let folder = WatchedFolder()
        folder.run("printf hello > es.json")
        let found = try #require(content(folder))
        #expect(found.bytes == Array("hello".utf8))
        #expect(found.isStable)
        #expect(found.owner == getuid())
        #expect(content(folder)?.identity == found.identity)
    }

    @Test("An empty file is content")
    func empty() throws {
        let folder = WatchedFolder()
        folder.run(": > es.json")
        let found = try #require(content(folder))
        #expect(found.bytes.isEmpty && found.isStable)
    }

    @Test("Of a file over the limit one byte too many is read")
    func overLimit() throws {
        let folder = WatchedFolder()
        folder.run("printf 123456789 > es.json")
        let found = try #require(content(folder, limit: 4))
        #expect(found.bytes == Array("12345".utf8))
        #expect(found.isStable)
    }

    @Test(
        "What is no regular file is unreadable, and says what it is",
        arguments: [
            ("mkdir es.json", "is a directory"), ("mkfifo es.json", "is a FIFO"),
            ("ln -s /dev/null es.json", "is a device"),
            ("ln -s es.json es.json", "Too many levels of symbolic links"),
        ])
    func unreadable(script: String, reason: String) {
        let folder = WatchedFolder()
        folder.run(script)
        #expect(absence(folder) == .unreadable(reason))
    }

    @Test("A missing file, directory or target, and a file where a directory should be, are missing")
    func missing() {
        #expect(absence(WatchedFolder()) == .missing)
        #expect(absence(WatchedFolder(file: "no/such/es.json")) == .missing)
        let dangling = WatchedFolder()
        dangling.run("ln -s nowhere es.json")
        #expect(absence(dangling) == .missing)
        let blocked = WatchedFolder(file: "a/es.json")
        blocked.run("touch a")
        #expect(absence(blocked) == .missing)
    }

    @Test("A file that was deleted while it is mounted is no stop file any more", .enabled(if: Privileges.mayMount))
    func deletedUnderMount() {
        let folder = WatchedFolder()
        folder.run("touch es.json original; mount --bind original es.json; rm original")
        #expect(absence(folder) == .unreadable("has been deleted, though it is still mounted here"))
        folder.run("umount es.json")
    }
}
