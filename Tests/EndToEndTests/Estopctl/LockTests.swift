import Glibc
import TestSupport
import Testing

@Suite("A lock that anybody can take who may read", .blocking, .enabled(if: isRoot && hasProgram("setpriv")))
struct LockTests {
    /// Has nobody hold the lock of something, which he may only read, until the test ends.
    private func nobodyLocks(_ path: String, in folder: TemporaryFolder) throws -> SpawnedProcess {
        let holder = try SpawnedProcess(
            [
                "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "flock", "--exclusive", path,
                "sh", "-c", "echo locked; exec sleep 1000",
            ], in: folder, name: "holder-\(UInt32.random(in: 0 ... .max))")
        try eventually("the lock: \(holder.errorOutput)") { holder.output == "locked\n" }
        return holder
    }

    @Test("on the stop file or its directory holds up neither stop nor go")
    func edits() throws {
        try withSidecar { sidecar in
            let holders = try [sidecar.folder.path, sidecar.file].map { try nobodyLocks($0, in: sidecar.folder) }
            defer { for holder in holders { holder.destroy() } }
            for command in ["stop", "go"] {
                var best = Duration.seconds(100)
                // A machine that is held up is no lock.
                for _ in 0..<5 where best >= .seconds(1) {
                    let start = ContinuousClock.now
                    let result = try sidecar.alice.calls(command, "A", "--reason", "\(start)")
                    best = min(best, .now - start)
                    #expect(result.ending == .exited(0), "\(result)")
                }
                #expect(best < .seconds(1))
            }
            #expect(!sidecar.folder.exists("es.json.lock"))
        }
    }

    @Test("is not accepted for one: a file that others can open is put away, one of a stranger's is named")
    func foreign() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            let (file, lock) = (folder.path(of: "es.json"), folder.path(of: "es.json.lock"))
            let alice = Operator(folder: folder)
            try folder.write("", to: "es.json.lock")
            let holder = try nobodyLocks(lock, in: folder)
            defer { holder.destroy() }
            #expect(try alice.calls("stop", "A", "--file", file).ending == .exited(3))
            #expect(try alice.calls("go", "A", "--file", file).ending == .exited(3))
            #expect(!folder.exists("es.json.lock"))

            // In a directory such as /tmp another's file cannot be put away.
            try folder.setMode(0o1777, of: ".")
            #expect(chown(file, 1234, 1234) == 0)
            try folder.write("", to: "es.json.lock")
            try folder.setMode(0o666, of: "es.json.lock")
            #expect(chown(lock, 65534, 65534) == 0)
            let program = try folder.copy(ofProgram: Operator.program)
            func owner(_ command: String) throws -> ShellResult {
                try run(
                    ["setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups", program, command, "A"],
                    environment: ["ESTOP_FILE": file, "ESTOP_SOCKET": folder.path(of: "s")], in: folder)
            }
            #expect(try owner("stop").ending == .exited(3))
            #expect(try folder.text(of: "es.json").contains(#""Status":"stop""#))
            let go = try owner("go")
            #expect(go.ending == .exited(1))
            #expect(go.errorOutput.contains("\(lock): "))
            #expect(go.errorOutput.contains("remove it"))
        }
    }

    @Test("keeps no sidecar from starting: an older version's file is replaced", arguments: [false, true])
    func sidecar(isLeft: Bool) throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            try folder.write("999999\n", to: "s.lock")
            // The one that has it open still holds it later as well.
            let holder = try nobodyLocks(folder.path(of: "s.lock"), in: folder)
            defer { holder.destroy() }
            if isLeft { holder.destroy() }
            for name in ["first", "second"] {
                let sidecar = try RunningSidecar(in: folder, name: name)
                defer { sidecar.process.destroy() }
                try sidecar.awaitReadiness()
                #expect(folder.status(of: "s.lock")?.mode == 0o600)
                let other = try RunningSidecar(in: folder, name: "\(name)-other")
                defer { other.process.destroy() }
                #expect(try other.process.wait() == .exited(69))
                #expect(other.log.contains("another sidecar (process \(sidecar.process.pid)) serves"))
                #expect(try sidecar.stop() == .exited(0))
            }
        }
    }

    @Test("of a sidecar of an older version is respected as long as that one lives")
    func olderSidecar() throws {
        try withSidecar { sidecar in
            try sidecar.folder.setMode(0o644, of: "s.lock")
            let other = try RunningSidecar(in: sidecar.folder, name: "other")
            defer { other.process.destroy() }
            #expect(try other.process.wait() == .exited(69))
            #expect(try sidecar.status("A").head == "go A")
        }
    }
}
