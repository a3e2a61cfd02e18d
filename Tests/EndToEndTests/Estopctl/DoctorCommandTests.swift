import Glibc
import TestSupport
import Testing

@Suite("estopctl doctor", .blocking)
struct DoctorCommandTests {
    private func doctor(_ sidecar: RunningSidecar, _ options: String...) throws -> ShellResult {
        try run(
            [Operator.program, "doctor", "--socket", sidecar.socket] + options, environment: ["TZ": "UTC"],
            in: sidecar.folder)
    }

    @Test("finds nothing wrong with a healthy installation")
    func healthy() throws {
        try withSidecar { sidecar in
            let result = try doctor(sidecar)
            #expect(result.ending == .exited(0), "\(result)")
            #expect(result.lines.allSatisfy { $0.hasPrefix("ok    ") })
            for subject in [
                "sidecar: answers on", "file: \(sidecar.file), 1 entry", "you: may ask", "you: may stop",
                "permissions: ",
                "inotify: ",
            ] {
                #expect(result.output.contains("ok    " + subject))
            }
            let first = try doctor(sidecar, "--json").lines[0]
            #expect(first.hasPrefix(#"{"grade":"ok","kind":"finding","message":"answers on "#))
        }
    }

    @Test(
        "finds each failure, says it, and ends with 1",
        arguments: [
            ("missing", "everything is stopped; put it there"), ("malformed", "everything is stopped; correct it"),
            ("directory", "is no regular file"), ("open to all", "chmod o-w"), ("open directory", "chmod o-w"),
            ("frozen", "did not answer within"), ("gone", "no sidecar listens on"),
            ("other file", "the sidecar reads another file than"), ("immutable", "chattr -i"),
        ])
    func failures(what: String, text: String) throws {
        try withSidecar { sidecar in
            let folder = sidecar.folder
            var options: [String] = ["--timeout", "500ms"]
            switch what {
            case "missing":
                try folder.remove("es.json")
                try sidecar.awaitStatus("stop A", cause: "missing-file")
            case "malformed":
                try folder.replace("es.json", with: "{")
                try sidecar.awaitStatus("stop A", cause: "malformed-file")
            case "directory":
                try folder.remove("es.json")
                try folder.makeDirectory("es.json")
            case "open to all": try folder.setMode(0o666, of: "es.json")
            case "immutable":
                // Not every file system has that.
                guard isRoot, try runShell("chattr +i es.json", in: folder).ending == .exited(0) else { return }
            case "open directory": try folder.setMode(0o777, of: ".")
            case "frozen": try sidecar.freeze()
            case "gone": _ = try sidecar.stop()
            default:
                try folder.write("", to: "other.json")
                options += ["--file", folder.path(of: "other.json")]
            }
            let result = try run(
                [Operator.program, "doctor", "--socket", sidecar.socket] + options, in: folder)
            #expect(result.ending == .exited(1), "\(result)")
            #expect(result.lines.contains { $0.hasPrefix("FAIL  ") && $0.contains(text) }, "\(result.output)")
            // Of a file that is only the usual one nothing is concluded.
            if what == "frozen" || what == "gone" { #expect(!result.output.contains("everything is stopped;")) }
            sidecar.signal(SIGCONT)
            guard what == "immutable" else { return }
            let stop = try sidecar.alice.calls("stop", "A")
            #expect(stop.ending == .exited(1))
            #expect(stop.errorOutput.contains("it is immutable") && stop.errorOutput.contains("chattr -i"), "\(stop)")
            #expect(try runShell("chattr -i es.json", in: folder).ending == .exited(0))
        }
    }

    @Test(
        "says to whoever may not change the file that he may not stop, and whose group may",
        .enabled(if: isRoot && hasProgram("setpriv")))
    func stranger() throws {
        try withSidecar(options: ["--socket-mode", "0666"]) { sidecar in
            for path in ["es.json", "."] { try sidecar.folder.setMode(path == "." ? 0o755 : 0o644, of: path) }
            let program = try sidecar.folder.copy(ofProgram: Operator.program)
            let result = try run(
                [
                    "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "doctor", "--socket",
                    sidecar.socket,
                ], in: sidecar.folder)
            #expect(result.output.contains("ok    you: may ask the sidecar"), "\(result)")
            #expect(
                result.output.contains(
                    "warn  you: may not stop or release, because you may not change the file: join the group root"))
        }
    }

    @Test("warns of names that are watched and not listed, with the one that may be meant, and of lost runs")
    func names() throws {
        try withSidecar(file: #"{"Name":"SatelliteDiskErase","Status":"go"}"#) { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch SateliteDiskErase")
            var run: LineClient? = try sidecar.enterRun("SatelliteDiskErase")
            _ = try run?.linesDue()
            run = nil
            try eventually("that it is lost") { try sidecar.connect().askLines("ps").first?["lost"] == "yes" }
            let result = try doctor(sidecar)
            #expect(result.ending == .exited(0))
            #expect(
                result.output.contains(
                    "warn  names: SateliteDiskErase is watched or run and has no entry, so it is stopped; "
                        + "did the program mean SatelliteDiskErase?"))
            #expect(result.output.contains("warn  runs: 1 lost"))
        }
    }

    @Test("warns of what is wrong in the file without being malformed")
    func warnings() throws {
        try withSidecar(file: #"{"Name":"A","Status":"Go"}{"Name":"A","Status":"go"}"#) { sidecar in
            let result = try doctor(sidecar)
            #expect(result.ending == .exited(0))
            #expect(result.output.contains("warn  file: \(sidecar.file):1:22: warning: "), "\(result.output)")
            #expect(result.output.contains("(and 1 more: estopctl check)"))
        }
    }

    @Test(
        "says that the sidecar is in another process id namespace",
        .enabled(if: isRoot && hasProgram("unshare") && hasProgram("mount")))
    func processNamespace() throws {
        try withSidecar { sidecar in
            let inner = try run(
                [
                    "unshare", "--pid", "--fork", "--mount-proc", Operator.program, "doctor", "--socket",
                    sidecar.socket,
                ], in: sidecar.folder)
            #expect(
                inner.output.contains("warn  processes: the sidecar is in another process id namespace"), "\(inner)")
            #expect(try !doctor(sidecar).output.contains("namespace"))
        }
    }
}
