import Foundation
import Resilience
import TestSupport
import Testing

/// Killed at any moment, the file is the old or the new one, whole, and the next run leaves no litter.
@Suite struct DesiredFileCrashTests {
    private let probe = Program("resilience-probe")
    private static let size = 100_000
    private static let old = [UInt8](repeating: 1, count: size / 2)
    private static let new = [UInt8](repeating: 2, count: size)

    /// Contents of one byte over and over, in words: a failing test is not to print them.
    private static func words(_ bytes: [UInt8]?) -> String {
        guard let bytes, let first = bytes.first else { return bytes == nil ? "missing" : "empty" }
        return bytes.allSatisfy { $0 == first } ? "\(bytes.count) × \(first)" : "\(bytes.count) mixed"
    }

    private func words(_ folder: TemporaryFolder) -> String { Self.words(folder.read("a")) }

    /// What the directory holds before, and the path that is applied.
    enum Start: String, CaseIterable { case nothing, file, link, litter }

    private func prepare(_ start: Start) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        switch start {
        case .nothing: break
        case .file: try folder.write("a", Self.old, mode: 0o600)
        case .link:
            try folder.write("real", Self.old, mode: 0o600)
            symlink("real", folder.path("a"))
        case .litter:
            try folder.write("a", Self.old, mode: 0o600)
            try folder.write(".a.desired-0123456789abcdef.tmp", [9], mode: 0o600)
        }
        return folder
    }

    private func check(_ folder: TemporaryFolder, _ start: Start) throws {
        let found = words(folder)
        #expect([start == .nothing ? "missing" : Self.words(Self.old), Self.words(Self.new)].contains(found))
        let isNew = found == Self.words(Self.new)
        let applied = try DesiredFile(path: folder.path("a"), contents: Self.new).apply()
        #expect((applied.change == .unchanged) == isNew)
        #expect(words(folder) == Self.words(Self.new))
        #expect(folder.names == (start == .link ? ["a", "real"] : ["a"]))
    }

    @Test(arguments: Start.allCases)
    func `killed before each system call that changes the disk`(start: Start) async throws {
        var step = 0
        while true {
            step += 1
            let folder = try prepare(start)
            let result = try await probe.run([folder.path("a"), "2", "\(Self.size)", "kill=\(step)"])
            if !result.wasKilled {
                #expect(result.status == 0)
                break
            }
            try check(folder, start)
        }
        // open, flock, write, fchmod where the mode differs, fsync, rename, fsync of the directory, end.
        #expect(step > 7, "the probe was killed in \(step - 1) places only")
    }

    private static let strace: String? = ["/usr/bin/strace", "/bin/strace"].first { path in
        guard access(path, X_OK) == 0 else { return false }
        // It may be there and still not be allowed to trace.
        return (try? Program(path: path).runBlocking(["-o", "/dev/null", "true"]))?.status == 0
    }

    @Test(
        .enabled(if: strace != nil, "strace is missing or may not trace: the kernel's own view goes untested"),
        arguments: ["write", "flock", "fchmod", "fsync", "renameat,renameat2,rename"])
    func `killed by the kernel at the system call itself`(call: String) async throws {
        let strace = try #require(Self.strace)
        // The whole run makes fewer of each; the last rounds end without a kill.
        for occurrence in 1...3 {
            let folder = try prepare(.file)
            _ = try await probe.run(
                [folder.path("a"), "2", "\(Self.size)"],
                through: [
                    strace, "-f", "-o", "/dev/null", "-e", "inject=\(call):signal=SIGKILL:when=\(occurrence)",
                ])
            try check(folder, .file)
        }
    }

    @Test(
        .enabled(if: strace != nil, "strace is missing or may not trace: interrupted calls go untested"),
        arguments: ["write", "fsync", "flock", "fchmod", "renameat,renameat2,rename"])
    func `interrupted system calls are made again`(call: String) async throws {
        let strace = try #require(Self.strace)
        let folder = try prepare(.file)
        let result = try await probe.run(
            [folder.path("a"), "2", "\(Self.size)"],
            through: [strace, "-f", "-o", "/dev/null", "-e", "inject=\(call):error=EINTR:when=1"])
        #expect(result.status == 0)
        #expect(result.lines.last == "replaced")
        #expect(words(folder) == Self.words(Self.new))
    }

    @Test(
        .enabled(if: strace != nil, "strace is missing or may not trace: failing disks go untested"),
        arguments: [
            ("fsync", 1, "EIO", "system", false),
            ("renameat,renameat2,rename", 1, "EROFS", "readOnlyFileSystem", false),
            ("fsync", 2, "EIO", "notDurable", true),
        ])
    func `a failing disk is told, and what is there is whole`(
        call: String, occurrence: Int, error: String, code: String, isReplaced: Bool
    ) async throws {
        let strace = try #require(Self.strace)
        let folder = try prepare(.file)
        let result = try await probe.run(
            [folder.path("a"), "2", "\(Self.size)"],
            through: [strace, "-f", "-o", "/dev/null", "-e", "inject=\(call):error=\(error):when=\(occurrence)"])
        #expect(result.lines == [code])
        #expect(result.status == 1)
        #expect(words(folder) == Self.words(isReplaced ? Self.new : Self.old))
        #expect(folder.names == ["a"])
    }

    @Test func `a file that may grow no further loses nothing and leaves no litter`() async throws {
        let folder = try prepare(.file)
        // Neither half of the writing fits a page: the first is cut short, then fails.
        let result = try await probe.run([folder.path("a"), "2", "\(Self.size)", "limit=4096"])
        #expect(result.lines == ["noSpace"])
        #expect(words(folder) == Self.words(Self.old))
        #expect(folder.names == ["a"])
    }

    @Test func `a full disk loses nothing and leaves no litter`() async throws {
        let folder = try TemporaryFolder()
        guard let disk = SmallDisk(at: folder.path, size: "192k") else { return }
        defer { disk.unmount() }
        try folder.write("a", Self.old, mode: 0o600)
        let file = DesiredFile(path: folder.path("a"), contents: [UInt8](repeating: 2, count: 180_000))
        let error = #expect(throws: FileError.self) { try file.apply() }
        #expect(error?.code == .noSpace)
        #expect(words(folder) == Self.words(Self.old))
        #expect(folder.names == ["a"])
        // A process that a test beside this one is just starting may hold what was removed a moment longer.
        try eventually("that there is room again") {
            do {
                return try DesiredFile(path: folder.path("a"), contents: [3]).apply().change == .replaced
            } catch let error as FileError where error.code == .noSpace {
                return false
            }
        }
    }

    @Test func `what a living writer holds and what is another's is not litter`() throws {
        let folder = try TemporaryFolder()
        let living = ".a.desired-00000000000000aa.tmp"
        let dead = ".a.desired-00000000000000bb.tmp"
        let others = [
            ".b.desired-00000000000000cc.tmp", ".a.desired-00000000000000zz.tmp", ".a.desired-00.tmp",
            "a.desired-00000000000000aa.tmp", ".a.desired-00000000000000dd.tmp.bak",
        ]
        for name in [living, dead] + others { try folder.write(name, [1]) }
        mkdir(folder.path(".a.desired-00000000000000ee.tmp"), 0o755)
        let descriptor = open(folder.path(living), O_RDWR | O_CLOEXEC)
        #expect(flock(descriptor, LOCK_EX) == 0)
        #expect(try DesiredFile(path: folder.path("a"), contents: [2]).apply().change == .created)
        #expect(
            folder.names == (["a", living, ".a.desired-00000000000000ee.tmp"] + others).sorted())
        // Closing alone may leave it to a process that a test beside this one is just starting.
        #expect(flock(descriptor, LOCK_UN) == 0)
        close(descriptor)
        #expect(try DesiredFile(path: folder.path("a"), contents: [2]).apply().change == .unchanged)
        #expect(!folder.names.contains(living))
    }
}
