import Glibc
import TestSupport
import Testing

/// A sidecar that may read the file by its access list alone would stop everything if an edit dropped the list, and the
/// list's mask, which is the mode's group bits, would let the group write.
@Suite("Access lists and attributes of the stop file", .blocking, .enabled(if: isRoot && hasAccessLists))
struct AccessListTests {
    private static let file = #"{"Name":"A","Status":"go"}"#

    @Test("are kept by stop and go: who reads by them goes on reading", .enabled(if: hasProgram("setpriv")))
    func kept() throws {
        try withTemporaryFolder { folder in
            try folder.write(Self.file, to: "es.json")
            try folder.setMode(0o600, of: "es.json")
            try folder.setAccessList(of: "es.json", user: 65534, may: 4, group: 0, others: 0)
            try folder.setAttribute("user.note", Array("INC".utf8), of: "es.json")
            let list = folder.attribute(TemporaryFolder.accessList, of: "es.json")
            let program = try folder.copy(ofProgram: RunningSidecar.executable)
            try folder.makeDirectory("run")
            #expect(chown(folder.path(of: "run"), 65534, 65534) == 0)
            let socket = folder.path(of: "run/s")
            let sidecar = try SpawnedProcess(
                [
                    "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "--file",
                    folder.path(of: "es.json"), "--socket", socket, "--settle-time", "10ms",
                ], in: folder, name: "estopd")
            defer { sidecar.destroy() }
            try eventually("an answer") { (try? LineClient(to: socket).ask("ping x").head) == "pong x" }
            for (command, status) in [("stop", "stop"), ("go", "go"), ("pause", "pause")] {
                let result = try run(
                    [Operator.program, command, "A", "--file", folder.path(of: "es.json"), "--socket", socket],
                    in: folder)
                // Written; a sidecar of that user's is not believed.
                #expect(result.ending == .exited(3), "\(result)")
                #expect(!result.errorOutput.contains("warning"), "\(result)")
                let client = try LineClient(to: socket)
                try eventually("\(status) A") { try client.ask("status A").head == "\(status) A" }
                #expect(folder.attribute(TemporaryFolder.accessList, of: "es.json") == list)
                #expect(folder.attribute("user.note", of: "es.json") == Array("INC".utf8))
                #expect(folder.status(of: "es.json")?.mode == 0o640, "the group bits are the mask")
            }
        }
    }

    @Test("are not taken over from the directory's default by a file that has none")
    func defaults() throws {
        try withSidecar(file: Self.file) { sidecar in
            let folder = sidecar.folder
            try folder.setMode(0o644, of: "es.json")
            try folder.setAttribute(
                TemporaryFolder.defaultAccessList,
                TemporaryFolder.accessList(user: 65534, may: 6, group: 6, others: 4), of: ".")
            #expect(try sidecar.alice.calls("stop", "A").ending == .exited(0))
            #expect(folder.attribute(TemporaryFolder.accessList, of: "es.json") == nil)
            #expect(folder.status(of: "es.json")?.mode == 0o644)
        }
    }

    /// In a user namespace in which only root is, no other user's entry can be written: the kernel refuses the list.
    private static let alone = ["unshare", "--user", "--map-root-user"]

    @Test("that cannot be kept have a stop appended in place, and go refused", .enabled(if: canUnshareUsers))
    func appended() throws {
        try withTemporaryFolder { folder in
            try folder.write(Self.file, to: "es.json")
            try folder.setAccessList(of: "es.json", user: 65534, may: 6)
            let list = folder.attribute(TemporaryFolder.accessList, of: "es.json")
            let inode = folder.status(of: "es.json")?.inode
            func calls(_ arguments: String...) throws -> ShellResult {
                try run(
                    Self.alone + [Operator.program] + arguments,
                    environment: [
                        "ESTOP_FILE": folder.path(of: "es.json"), "ESTOP_SOCKET": folder.path(of: "s"),
                        "SUDO_USER": "alice",
                    ], in: folder)
            }
            let stop = try calls("stop", "A", "--reason", "INC-1")
            #expect(stop.ending == .exited(3), "\(stop)")
            #expect(stop.errorOutput.contains("the stop was appended, because the file cannot be replaced"), "\(stop)")
            let text = try folder.text(of: "es.json")
            #expect(text.hasPrefix(Self.file) && text.contains(#""Status":"stop","Reason":"INC-1","By":"alice""#))
            let go = try calls("go", "A")
            #expect(go.ending == .exited(1), "\(go)")
            #expect(go.errorOutput.contains("access list"))
            #expect(try folder.text(of: "es.json") == text)
            #expect(folder.attribute(TemporaryFolder.accessList, of: "es.json") == list)
            #expect(folder.status(of: "es.json")?.inode == inode)
            #expect(namesInDirectory(folder.path).allSatisfy { !$0.hasPrefix(".") && !$0.hasSuffix(".lock") })
        }
    }

    private static let canUnshareUsers =
        hasProgram("unshare")
        && (try? withTemporaryFolder { folder in
            try run(alone + ["true"], in: folder).ending == .exited(0)
        }) == true
}
