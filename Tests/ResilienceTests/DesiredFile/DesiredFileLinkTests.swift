import Foundation
import Resilience
import Testing

@Suite struct DesiredFileLinkTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        mkdir(folder.path("in"), 0o755)
        mkdir(folder.path("in/below"), 0o755)
        try folder.write("in/real", [1], mode: 0o600)
        try folder.write("outside", [1])
    }

    private func link(_ name: String, to target: String) {
        symlink(target, folder.path(name))
    }

    private func isLink(_ name: String) -> Bool {
        var status = stat()
        lstat(folder.path(name), &status)
        return status.st_mode & S_IFMT == S_IFLNK
    }

    @Test(arguments: ["real", "./real", "../in/real", ".//real", "ABSOLUTE"])
    func `a link within its directory is written through and stays`(target: String) throws {
        link("in/link", to: target == "ABSOLUTE" ? folder.path("in/real") : target)
        let file = DesiredFile(path: folder.path("in/link"), contents: [2])
        #expect(try file.plan() == .replaced)
        #expect(try file.apply().change == .replaced)
        #expect(isLink("in/link"))
        #expect(folder.read("in/real") == [2])
        var status = stat()
        stat(folder.path("in/real"), &status)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(try file.apply().change == .unchanged)
    }

    @Test func `links may lead from one to the next`() throws {
        link("in/a", to: "b")
        link("in/b", to: "./c")
        link("in/c", to: "real")
        #expect(try DesiredFile(path: folder.path("in/a"), contents: [2]).apply().change == .replaced)
        #expect(folder.read("in/real") == [2])
        #expect(["in/a", "in/b", "in/c"].allSatisfy(isLink))
    }

    @Test func `a link to nothing yet has its target made`() throws {
        link("in/link", to: "new")
        #expect(try DesiredFile(path: folder.path("in/link"), contents: [2]).apply().change == .created)
        #expect(isLink("in/link"))
        #expect(folder.read("in/new") == [2])
    }

    @Test(arguments: ["../outside", "below/file", "/etc/passwd", "..", ".", "/", "below/", "none/real", "../none/real"])
    func `a link out of its directory is refused and nothing is touched`(target: String) {
        link("in/link", to: target)
        let file = DesiredFile(path: folder.path("in/link"), contents: [2])
        let error = #expect(throws: FileError.self) { try file.apply() }
        #expect(error?.code == .linkLeavesDirectory)
        #expect(error?.description.contains("symbolic link to \(target), out of") == true)
        #expect(isLink("in/link"))
        #expect(folder.read("outside") == [1])
        #expect(folder.read("in/real") == [1])
    }

    @Test func `a link to a link that leads out is refused`() {
        link("in/a", to: "b")
        link("in/b", to: "../outside")
        let error = #expect(throws: FileError.self) {
            try DesiredFile(path: folder.path("in/a"), contents: [2]).apply()
        }
        #expect(error?.code == .linkLeavesDirectory)
    }

    @Test func `links in a circle are refused`() {
        link("in/a", to: "b")
        link("in/b", to: "a")
        let error = #expect(throws: FileError.self) {
            try DesiredFile(path: folder.path("in/a"), contents: [2]).apply()
        }
        #expect(error?.code == .tooManyLinks)
    }

    @Test func `a link on the way to the directory is followed`() throws {
        link("way", to: "in")
        #expect(try DesiredFile(path: folder.path("way/real"), contents: [2]).apply().change == .replaced)
        #expect(folder.read("in/real") == [2])
    }

    @Test func `the other name of a hard link keeps the old contents`() throws {
        Glibc.link(folder.path("in/real"), folder.path("in/other"))
        #expect(try DesiredFile(path: folder.path("in/real"), contents: [2]).apply().change == .replaced)
        #expect(folder.read("in/other") == [1])
    }
}
