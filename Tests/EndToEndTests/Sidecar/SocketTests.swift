import Glibc
import TestSupport
import Testing

@Suite("The socket", .blocking)
struct SocketTests {
    @Test("has the mode 0660 or the one asked for, and the group asked for", .enabled(if: isRoot))
    func modeAndGroup() throws {
        try withSidecar { sidecar in
            #expect(sidecar.folder.status(of: "s")?.mode == 0o660)
            #expect(sidecar.folder.status(of: "s")?.group == getegid())
        }
        try withSidecar(options: ["--socket-mode", "0600", "--socket-group", "12345"]) { sidecar in
            #expect(sidecar.folder.status(of: "s")?.mode == 0o600)
            #expect(sidecar.folder.status(of: "s")?.group == 12345)
        }
    }

    @Test("is one sidecar's: a second is refused with exit code 69 and names the first, which serves on")
    func secondInstance() throws {
        try withSidecar { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            let second = try RunningSidecar(in: sidecar.folder, name: "second")
            defer { second.process.destroy() }
            #expect(try second.process.wait() == .exited(69))
            #expect(second.log.contains("another sidecar (process \(sidecar.process.pid)) serves"), "\(second.log)")
            #expect(try watcher.linesDue().isEmpty)
            #expect(try sidecar.status("A").head == "go A")
        }
    }

    @Test("is made again where it was removed: who is connected notices nothing, and others can connect again")
    func removed() throws {
        try withSidecar(options: ["--poll-interval", "200ms", "--socket-mode", "0600"]) { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            for _ in 0..<3 {
                try sidecar.folder.remove("s")
                try eventually("another socket") { (try? sidecar.status("A").head) == "go A" }
                #expect(sidecar.folder.status(of: "s")?.mode == 0o600)
            }
            #expect(try watcher.ask("status A").head == "go A")
            #expect(sidecar.log.contains("the socket was removed: no new client can connect"))
            #expect(sidecar.log.contains("made the socket again"))
            let facts = try sidecar.connect().askLines("info")
            #expect(facts.contains { $0.text == "info socket-state\tvalue=there" })
        }
    }

    @Test("that something else has taken the place of is said, and left alone")
    func replaced() throws {
        try withSidecar(options: ["--poll-interval", "200ms"]) { sidecar in
            let client = try sidecar.connect()
            #expect(try client.ask("status A").head == "go A")
            try sidecar.folder.remove("s")
            try sidecar.folder.write("mine", to: "s")
            try eventually("that it is seen") { sidecar.log.contains("something else is in the socket's place") }
            #expect(try sidecar.folder.text(of: "s") == "mine")
            #expect(try client.ask("status A").head == "go A")
            try sidecar.folder.remove("s")
            try eventually("another socket") { sidecar.folder.exists("s") }
        }
    }

    @Test("left behind by a sidecar that was killed is replaced")
    func staleSocket() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            let first = try RunningSidecar(in: folder, name: "first")
            defer { first.process.destroy() }
            try first.awaitReadiness()
            let inode = folder.status(of: "s")?.inode
            first.process.destroy()
            #expect(folder.exists("s"))
            let second = try RunningSidecar(in: folder, name: "second")
            defer { second.process.destroy() }
            try second.awaitReadiness()
            #expect(try second.status("A").head == "go A")
            #expect(folder.exists("s"))
            _ = inode
        }
    }

    @Test("that another program listens on is never taken", .enabled(if: hasProgram("socat")))
    func foreignListener() throws {
        try withTemporaryFolder { folder in
            // A command that has ended before socat is ready for it is taken for one that failed.
            let listener = try SpawnedProcess(
                ["socat", "UNIX-LISTEN:\(folder.path(of: "s")),fork", "SYSTEM:echo foreign; exec cat"], in: folder,
                name: "listener"
            )
            defer { listener.destroy() }
            try eventually("the listener") { folder.exists("s") && (try? LineClient(to: folder.path(of: "s"))) != nil }
            let sidecar = try RunningSidecar(in: folder)
            defer { sidecar.process.destroy() }
            #expect(try sidecar.process.wait() == .exited(69))
            #expect(try LineClient(to: folder.path(of: "s")).line().text == "foreign")
        }
    }

    @Test("does not replace a file that is no socket", arguments: ["file", "directory", "link"])
    func notASocket(kind: String) throws {
        try withTemporaryFolder { folder in
            switch kind {
            case "directory": try folder.makeDirectory("s")
            case "link":
                try folder.write("precious", to: "target")
                guard symlink("target", folder.path(of: "s")) == 0 else { throw TestFailure(systemCall: "symlink") }
            default: try folder.write("precious", to: "s")
            }
            let inode = try #require(folder.status(of: "s")?.inode)
            let sidecar = try RunningSidecar(in: folder)
            defer { sidecar.process.destroy() }
            #expect(try sidecar.process.wait() == .exited(73))
            #expect(sidecar.log.contains("is no socket"), "\(sidecar.log)")
            #expect(folder.status(of: "s")?.inode == inode)
            if kind == "file" { #expect(try folder.text(of: "s") == "precious") }
        }
    }

    @Test("in a directory that is missing is refused with exit code 73 and what to do")
    func missingDirectory() throws {
        try withTemporaryFolder { folder in
            let result = try run(
                [RunningSidecar.executable, "--socket", folder.path(of: "nowhere/s"), "--file", folder.path(of: "f")],
                in: folder
            )
            #expect(result.ending == .exited(73))
            #expect(result.errorOutput.contains("nowhere/s"))
            #expect(result.errorOutput.contains("ESTOP_SOCKET"))
        }
    }

    @Test(
        "in a directory that may not be written to is refused with exit code 73",
        .enabled(if: isRoot && hasProgram("setpriv")))
    func unwritableDirectory() throws {
        try withTemporaryFolder { folder in
            try folder.makeDirectory("d")
            let result = try run(
                [
                    "setpriv", "--reuid=65534", "--clear-groups",
                    folder.copy(ofProgram: RunningSidecar.executable), "--socket",
                    folder.path(of: "d/s"), "--file", folder.path(of: "f"),
                ], in: folder
            )
            #expect(result.ending == .exited(73), "\(result.errorOutput)")
            #expect(result.errorOutput.contains("Permission denied"), "\(result.errorOutput)")
        }
    }

    @Test(
        "given to a group that the sidecar is no member of is refused with exit code 73",
        .enabled(if: isRoot && hasProgram("setpriv")))
    func foreignGroup() throws {
        try withTemporaryFolder { folder in
            try folder.makeDirectory("d")
            try folder.setMode(0o777, of: "d")
            let result = try run(
                [
                    "setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all",
                    folder.copy(ofProgram: RunningSidecar.executable),
                    "--socket",
                    folder.path(of: "d/s"), "--socket-group", "12345", "--file", folder.path(of: "f"),
                ], in: folder
            )
            #expect(result.ending == .exited(73), "\(result.errorOutput)")
            #expect(result.errorOutput.contains("12345"))
            #expect(!folder.exists("d/s"))
        }
    }

    @Test("is gone after SIGTERM; its lock file stays, and lets the next one in")
    func afterTheEnd() throws {
        try withSidecar { sidecar in
            #expect(try sidecar.stop() == .exited(0))
            #expect(!sidecar.folder.exists("s"))
            #expect(sidecar.folder.exists("s.lock"))
            let next = try RunningSidecar(in: sidecar.folder, name: "next")
            defer { next.process.destroy() }
            try next.awaitReadiness()
        }
    }
}
