import Glibc
import TestSupport
import Testing

@Suite("estopctl --dry-run ends as the command would", .blocking)
struct DryRunTests {
    private static let file = #"{"Name":"A","Status":"go"}{"Name":"B","Status":"stop","By":"bob"}"#

    /// Runs a command dry, sees that nothing is changed, then runs it, and gives the code with which both have ended.
    private func code(
        _ arguments: [String], in folder: TemporaryFolder, prefix: [String] = [Operator.program],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> SpawnedProcess.Ending {
        let environment = ["ESTOP_SOCKET": folder.path(of: "s"), "SUDO_USER": "alice"]
        let names = namesInDirectory(folder.path).filter { !$0.hasPrefix("run-") }
        let before = try? Trace(folder.path(of: "es.json"))
        let dry = try run(prefix + arguments + ["--dry-run"], environment: environment, in: folder)
        #expect(try before == nil || Trace(folder.path(of: "es.json")) == before, sourceLocation: sourceLocation)
        #expect(
            namesInDirectory(folder.path).filter { !$0.hasPrefix("run-") } == names, sourceLocation: sourceLocation)
        let wet = try run(prefix + arguments, environment: environment, in: folder)
        #expect(dry.ending == wet.ending, "\(arguments): \(dry), \(wet)", sourceLocation: sourceLocation)
        return dry.ending
    }

    @Test("where the file's entries and the sidecar decide")
    func plans() throws {
        try withSidecar(file: Self.file) { sidecar in
            let folder = sidecar.folder
            #expect(try code(["stop", "Rooter"], in: folder) == .exited(1))
            #expect(try code(["go", "B"], in: folder) == .exited(1))
            #expect(try code(["pause", "B"], in: folder) == .exited(1))
            #expect(try code(["stop", "A"], in: folder) == .exited(0))
            #expect(try code(["stop", "--all"], in: folder) == .exited(0))
            // The pattern would still hold.
            #expect(try code(["go", "A"], in: folder) == .exited(1))
            #expect(try code(["stop", "A*"], in: folder) == .exited(0))
            #expect(try code(["go", "A*"], in: folder) == .exited(1))
            #expect(try code(["go", "--all"], in: folder) == .exited(0))
            try folder.write(Self.file, to: "other.json")
            #expect(try code(["stop", "A", "--file", folder.path(of: "other.json")], in: folder) == .exited(3))
            try folder.write("{ oops", to: "es.json")
            #expect(try code(["stop", "A"], in: folder) == .exited(1))
            try folder.remove("es.json")
            #expect(try code(["stop", "A"], in: folder) == .exited(1))
            #expect(try code(["stop", "--all"], in: folder) == .exited(0))
        }
    }

    @Test("where nobody serves the file")
    func unserved() throws {
        try withTemporaryFolder { folder in
            try folder.write(Self.file, to: "es.json")
            #expect(try code(["stop", "A", "--file", folder.path(of: "es.json")], in: folder) == .exited(3))
        }
    }

    @Test("against the file of a sidecar that was given a relative path")
    func relative() throws {
        try withTemporaryFolder { folder in
            try folder.write(Self.file, to: "es.json")
            let sidecar = try SpawnedProcess(
                [
                    "sh", "-c", "cd \"$1\" && exec \"$2\" --file es.json --socket \"$1/s\" --settle-time 10ms", "sh",
                    folder.path, RunningSidecar.executable,
                ], in: folder, name: "estopd")
            defer { sidecar.destroy() }
            try eventually("an answer") {
                (try? LineClient(to: folder.path(of: "s")).ask("ping x").head) == "pong x"
            }
            #expect(try code(["stop", "A"], in: folder) == .exited(0))
            #expect(try folder.text(of: "es.json").contains(#""Status":"stop","By":"alice""#))
        }
    }

    @Test("where the file may not be replaced, or only be written to", .enabled(if: isRoot && hasProgram("setpriv")))
    func permissions() throws {
        try withSidecar(file: Self.file, options: ["--socket-mode", "666"]) { sidecar in
            let folder = sidecar.folder
            let program = try folder.copy(ofProgram: Operator.program)
            let nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program]
            for command in ["stop", "pause", "go"] {
                #expect(try code([command, "A", "--reason", "x"], in: folder, prefix: nobody) == .exited(1))
            }
            #expect(chown(sidecar.file, 65534, 65534) == 0)
            #expect(try code(["pause", "A"], in: folder, prefix: nobody) == .exited(1))
            #expect(try code(["stop", "A"], in: folder, prefix: nobody) == .exited(0))
            #expect(try sidecar.status("A").head == "stop A")
            // Replaceable in a sticky directory by its owner alone.
            try folder.setMode(0o1777, of: ".")
            #expect(chown(sidecar.file, 1234, 1234) == 0)
            #expect(try code(["pause", "A", "--override"], in: folder, prefix: nobody) == .exited(1))
        }
    }

    @Test("while another edit holds the lock")
    func locked() throws {
        try withSidecar(file: Self.file) { sidecar in
            let unlock = try sidecar.folder.lock("es.json")
            defer { unlock() }
            #expect(try sidecar.alice.calls("go", "A", "--reason", "x", "--dry-run").ending == .exited(1))
            #expect(try sidecar.alice.calls("stop", "A", "--dry-run").ending == .exited(0))
        }
    }
}
