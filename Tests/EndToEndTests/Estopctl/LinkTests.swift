import Glibc
import TestSupport
import Testing

@Suite("A symbolic link in the place of the stop file", .blocking, .enabled(if: isRoot))
struct LinkTests {
    /// A folder where others may put files, with a link of theirs, and a file elsewhere to which it leads.
    private func withPlantedLink(
        mode: UInt32 = 0o1777, owner: UInt32 = 65534, contents: String = "{ precious",
        _ body: (_ folder: TemporaryFolder, _ victim: String) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            try folder.makeDirectory("elsewhere")
            try folder.write(contents, to: "elsewhere/victim")
            try folder.makeDirectory("shared")
            try folder.setMode(mode, of: "shared")
            let link = folder.path(of: "shared/es.json")
            guard symlink(folder.path(of: "elsewhere/victim"), link) == 0, lchown(link, owner, owner) == 0 else {
                throw TestFailure(systemCall: "symlink")
            }
            try body(folder, "elsewhere/victim")
        }
    }

    @Test(
        "that another user has put there is not followed, and --force sets just it aside", arguments: [0o1777, 0o775])
    func planted(mode: UInt32) throws {
        try withPlantedLink(mode: mode) { folder, victim in
            let alice = Operator(folder: folder)
            let (file, inode) = (folder.path(of: "shared/es.json"), folder.status(of: victim)?.inode)
            for command in [["stop", "A", "--add"], ["go", "A", "--add"], ["stop", "--all"]] {
                for arguments in [command, command + ["--dry-run"]] {
                    let refused = try run([Operator.program] + arguments + ["--file", file], in: folder)
                    #expect(refused.ending == .exited(1), "\(refused)")
                    #expect(refused.errorOutput.contains("\(file): a symbolic link to \(folder.path)/elsewhere/victim"))
                    #expect(refused.errorOutput.contains("stop --all --force"))
                }
            }
            let forced = try alice.calls("stop", "--all", "--force", "--file", file)
            #expect(forced.ending == .exited(3), "\(forced)")
            #expect(try folder.text(of: "shared/es.json").hasPrefix(#"{"Name":"*","Status":"stop""#))
            #expect(namesInDirectory(folder.path(of: "shared")).contains { $0.hasPrefix("es.json.broken-") })
            #expect(try folder.text(of: victim) == "{ precious")
            #expect(folder.status(of: victim)?.inode == inode)
            #expect(namesInDirectory(folder.path(of: "elsewhere")) == ["victim"])
        }
    }

    @Test("on the way there, of another user's, is not followed either, with --force as well")
    func plantedDirectory() throws {
        try withPlantedLink { folder, victim in
            let way = folder.path(of: "shared/way")
            #expect(symlink(folder.path(of: "elsewhere"), way) == 0 && lchown(way, 65534, 65534) == 0)
            let result = try Operator(folder: folder).calls("stop", "--all", "--force", "--file", way + "/victim")
            #expect(result.ending == .exited(1), "\(result)")
            #expect(namesInDirectory(folder.path(of: "elsewhere")) == ["victim"])
            #expect(try folder.text(of: victim) == "{ precious")
        }
    }

    @Test(
        "of root's, or where nobody else may put any, is followed, and said where --force replaces what it leads to",
        arguments: [(0o1777, 0), (0o755, 65534)] as [(UInt32, UInt32)])
    func trusted(mode: UInt32, owner: UInt32) throws {
        try withPlantedLink(mode: mode, owner: owner, contents: #"{"Name":"A","Status":"go"}"#) { folder, victim in
            let alice = Operator(folder: folder)
            let file = folder.path(of: "shared/es.json")
            #expect(try alice.calls("stop", "A", "--file", file).ending == .exited(3))
            #expect(try folder.text(of: victim).contains(#""Status":"stop""#))
            try folder.write("{ oops", to: victim)
            let forced = try alice.calls("stop", "--all", "--force", "--file", file)
            #expect(forced.ending == .exited(3))
            #expect(
                forced.errorOutput.contains("\(file) leads to \(folder.path(of: victim)): that file was replaced"))
            #expect(try folder.text(of: "shared/es.json").hasPrefix(#"{"Name":"*","Status":"stop""#))
        }
    }
}
