import Foundation
import Resilience
import Testing

@Suite struct DesiredFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func file(_ name: String, _ text: String, mode: UInt32? = nil) -> DesiredFile {
        DesiredFile(path: folder.path(name), contents: text.utf8, mode: mode)
    }

    private func mode(_ name: String) -> mode_t {
        var status = stat()
        lstat(folder.path(name), &status)
        return status.st_mode & 0o7777
    }

    private func inode(_ name: String) -> ino_t {
        var status = stat()
        lstat(folder.path(name), &status)
        return status.st_ino
    }

    @Test func `a file is created, left alone, replaced`() throws {
        #expect(try file("a", "one").apply().change == .created)
        #expect(folder.read("a") == Array("one".utf8))
        #expect(mode("a") == 0o644)
        let before = inode("a")
        #expect(try file("a", "one").apply().change == .unchanged)
        #expect(inode("a") == before)
        #expect(try file("a", "two").apply().change == .replaced)
        #expect(folder.read("a") == Array("two".utf8))
        #expect(folder.names == ["a"])
    }

    @Test func `looking first changes nothing`() throws {
        #expect(try file("a", "one").plan() == .created)
        #expect(folder.names == [])
        try folder.write("a", Array("one".utf8), mode: 0o600)
        #expect(try file("a", "one").plan() == .unchanged)
        #expect(try file("a", "one", mode: 0o640).plan() == .metadataChanged)
        #expect(try file("a", "two").plan() == .replaced)
        #expect(folder.read("a") == Array("one".utf8))
        #expect(mode("a") == 0o600)
    }

    @Test(arguments: [0o600, 0o640, 0o444, 0o755, 0o4711] as [mode_t])
    func `the mode is kept`(before: mode_t) throws {
        try folder.write("a", [1], mode: before)
        #expect(try file("a", "two").apply().change == .replaced)
        #expect(mode("a") == before)
    }

    @Test func `a mode that is asked for is set, with and without new contents`() throws {
        #expect(try file("a", "one", mode: 0o600).apply().change == .created)
        #expect(mode("a") == 0o600)
        #expect(try file("a", "one", mode: 0o640).apply().change == .metadataChanged)
        #expect(mode("a") == 0o640)
        #expect(try file("a", "two", mode: 0o604).apply().change == .replaced)
        #expect(mode("a") == 0o604)
        #expect(try file("a", "two", mode: 0o604).apply().change == .unchanged)
    }

    @Test func `the owner is kept, or set when asked for`() throws {
        try #require(geteuid() == 0, "only root gives files away")
        try folder.write("a", [1], mode: 0o640)
        chown(folder.path("a"), 4321, 1234)
        let applied = try file("a", "two").apply()
        #expect(applied.change == .replaced)
        #expect(applied.warnings.isEmpty)
        var status = stat()
        stat(folder.path("a"), &status)
        #expect([status.st_uid, status.st_gid] == [4321, 1234])
        var given = DesiredFile(
            path: folder.path("a"), contents: Array("two".utf8), owner: FileOwner(user: 1, group: 2))
        #expect(try given.apply().change == .metadataChanged)
        stat(folder.path("a"), &status)
        #expect([status.st_uid, status.st_gid] == [1, 2])
        given = DesiredFile(path: folder.path("b"), contents: [], owner: FileOwner(user: 3, group: 4))
        #expect(try given.apply().change == .created)
        stat(folder.path("b"), &status)
        #expect([status.st_uid, status.st_gid] == [3, 4])
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 300_000])
    func `files of any size are told apart by a single byte`(size: Int) throws {
        var bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = folder.path("a")
        #expect(try DesiredFile(path: path, contents: bytes).apply().change == .created)
        #expect(try DesiredFile(path: path, contents: bytes).apply().change == .unchanged)
        if size > 0 {
            bytes[size - 1] ^= 1
            #expect(try DesiredFile(path: path, contents: bytes).apply().change == .replaced)
        }
        let isAsDesired = folder.read("a") == bytes
        #expect(isAsDesired)
        #expect(try DesiredFile(path: path, contents: bytes + [0]).plan() == .replaced)
        if size > 0 { #expect(try DesiredFile(path: path, contents: bytes.dropLast()).plan() == .replaced) }
    }

    @Test func `an edit replaces only what it was made from, and may be repeated`() throws {
        let one = Array("one".utf8)
        #expect(throws: FileError.self) { try file("a", "two").apply(expecting: .contents(one)) }
        #expect(folder.names == [])
        #expect(try file("a", "one").apply(expecting: .missing).change == .created)
        let error = #expect(throws: FileError.self) { try file("a", "two").apply(expecting: .missing) }
        #expect(error?.code == .contentsChanged)
        #expect(try file("a", "two").apply(expecting: .contents(one)).change == .replaced)
        #expect(try file("a", "two").apply(expecting: .contents(one)).change == .unchanged)
        #expect(throws: FileError.self) { try file("a", "three").apply(expecting: .contents(one)) }
        #expect(folder.read("a") == Array("two".utf8))
        #expect(folder.names == ["a"])
    }

    @Test func `an edit does not replace what came while it was written`() throws {
        try folder.write("a", Array("one".utf8), mode: 0o644)
        var two = file("a", "two")
        let other = file("a", "other")
        two.willStep = { step in
            if step == .synchronize { _ = try? other.apply() }
        }
        let error = #expect(throws: FileError.self) { try two.apply(expecting: .contents(Array("one".utf8))) }
        #expect(error?.code == .contentsChanged)
        #expect(folder.read("a") == Array("other".utf8))
        #expect(folder.names == ["a"])
    }

    @Test func `edits at once are all kept`() async throws {
        try folder.write("a", [], mode: 0o644)
        let path = folder.path("a")
        let folder = folder
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in UInt8(0)..<4 {
                group.addTask {
                    var edits = UInt8(0)
                    while edits < 20 {
                        let before = try #require(folder.read("a"))
                        do throws(FileError) {
                            let file = DesiredFile(path: path, contents: before + [writer, edits])
                            try file.apply(expecting: .contents(before))
                            edits += 1
                        } catch {
                            guard error.code == .contentsChanged else { throw error }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(folder.read("a")?.count == 160)
    }

    @Test func `a relative path starts at the working directory`() throws {
        // Changing it would disturb the tests beside this one; a path that climbs to the root needs no change.
        let climb = String(repeating: "../", count: 64)
        let relative = climb + String(folder.path("a").dropFirst())
        #expect(try DesiredFile(path: relative, contents: [1]).apply().change == .created)
        #expect(folder.read("a") == [1])
    }

    @Test func `the longest names that the system allows do`() throws {
        let name = String(repeating: "n", count: 255)
        #expect(try file(name, "one").apply().change == .created)
        #expect(try file(name, "two").apply().change == .replaced)
        #expect(folder.names == [name])
    }

    @Test func `writers at once leave one of their contents, whole, and no litter`() async throws {
        let size = 100_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in UInt8(1)...6 {
                let path = folder.path("a")
                group.addTask {
                    for round in UInt8(0)..<10 {
                        let byte = writer &* 16 &+ round
                        try DesiredFile(path: path, contents: [UInt8](repeating: byte, count: size)).apply()
                    }
                }
            }
            let folder = folder
            group.addTask {
                for _ in 0..<50 {
                    guard let bytes = folder.read("a") else { continue }
                    #expect(bytes.count == size)
                    #expect(Set(bytes).count == 1)
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        #expect(folder.names == ["a"])
    }
}
