import Glibc
import TestSupport
import Testing

@Suite("estopctl stop --all --force", .blocking)
struct ForceTests {
    private func aside(_ folder: TemporaryFolder) -> [String] {
        namesInDirectory(folder.path).filter { $0.hasPrefix("es.json.broken-20") }
    }

    @Test(
        "stops everything whatever is in the file's place, and keeps that under a dated name",
        arguments: ["malformed", "directory", "fifo", "dangling link", "unlisted", "invalid UTF-8"])
    func anything(what: String) throws {
        try withSidecar { sidecar in
            let folder = sidecar.folder
            try folder.remove("es.json")
            switch what {
            case "directory": try folder.makeDirectory("es.json")
            case "fifo": try folder.makeFIFO("es.json")
            case "dangling link": #expect(symlink("nowhere", sidecar.file) == 0)
            case "unlisted": try folder.write("", to: "es.json")
            case "invalid UTF-8": try folder.write([0xFF, 0xFE], to: "es.json")
            default: try folder.write("{ oops", to: "es.json")
            }
            let result = try sidecar.alice.calls("stop", "--all", "--force", "--reason", "fire", "--file", sidecar.file)
            #expect(result.ending == .exited(0), "\(result)")
            #expect(result.output.hasPrefix("stop * in force"))
            #expect(
                try folder.text(of: "es.json").contains(#"{"Name":"*","Status":"stop","Reason":"fire","By":"alice""#))
            #expect(try sidecar.status("A").word == "stop")
            // An empty file is edited like any other, a link that leads nowhere like a missing file.
            switch what {
            case "unlisted", "dangling link": #expect(aside(folder).isEmpty)
            case "malformed":
                #expect(try folder.text(of: aside(folder)[0]) == "{ oops")
                #expect(result.errorOutput.contains("is now \(sidecar.file).broken-20"))
            default: #expect(aside(folder).count == 1)
            }
        }
    }

    @Test("acts although nobody takes what it says", arguments: ["malformed", "full of warnings"])
    func unheard(what: String) throws {
        try withSidecar { sidecar in
            let pipe = try FullPipe()
            if what == "malformed" { try sidecar.folder.write("{ oops", to: "es.json") }
            let stopping = try sidecar.alice.start(
                "stop", "--all", "Nobody", "--force", "--reason", "fire", name: "unheard",
                errorOutput: pipe.writingEnd)
            defer { stopping.destroy() }
            try eventually("the stop in the file") {
                try sidecar.folder.text(of: "es.json").contains(#""Reason":"fire""#)
            }
            try sidecar.awaitStatus("stop A")
        }
    }

    @Test("keeps what others have restrained in a malformed file, for them to lift")
    func othersRestraints() throws {
        let bobs = #"{"Name":"A","Status":"stop","Reason":"INC-1","By":"bob"}"#
        try withSidecar(file: #"{"Name":"A","Status":"go"}\#(bobs){"Name":"B","Status":"stop"} oops"#) { sidecar in
            #expect(try sidecar.alice.calls("stop", "--all", "--force").ending == .exited(0))
            let lines = try sidecar.folder.text(of: "es.json").split(separator: "\n")
            #expect(lines.count == 2 && lines[0].contains(#""Name":"*""#) && lines[1] == bobs)
            #expect(try sidecar.alice.calls("go", "--all").ending == .exited(0))
            #expect(try sidecar.alice.calls("go", "A").ending == .exited(1))
            #expect(try sidecar.bob.calls("go", "A").ending == .exited(0))
        }
    }

    @Test("writes a missing file, with and without --force")
    func missing() throws {
        try withSidecar(file: nil) { sidecar in
            for arguments in [["--force"], []] {
                let result = try run(
                    [Operator.program, "stop", "--all", "--socket", sidecar.socket] + arguments, in: sidecar.folder)
                #expect(result.ending == .exited(0), "\(result)")
                #expect(
                    try sidecar.alice.calls("check", sidecar.file).errorOutput.contains(
                        "1 entry: 0 go, 0 pause, 1 stop"))
                try sidecar.folder.remove("es.json")
            }
        }
    }

    @Test("takes the file away where nothing can be written: what is missing stops everything")
    func noRoom() throws {
        try withSidecar(file: "{ oops") { sidecar in
            // No file may grow: as on a full disk.
            let result = try sidecar.alice.shell(
                #"(trap "" XFSZ; ulimit -f 0; "$ESTOPCTL" stop --all --force 2>&1; echo "code $?") | cat"#)
            #expect(sidecar.folder.exists("es.json") == false)
            #expect(
                result.output.contains("so \(sidecar.file) was removed: while it is missing, everything is"))
            #expect(result.output.contains("\nstop * in force"), "\(result)")
            #expect(result.output.hasSuffix("\ncode 0\n"))
            #expect(try sidecar.status("A")["cause"] == "missing-file")
            #expect(try sidecar.folder.text(of: aside(sidecar.folder)[0]) == "{ oops")
        }
    }

    @Test("stops although nobody reads any more what it says")
    func closedPipes() throws {
        try withSidecar(file: "{ oops") { sidecar in
            _ = try sidecar.alice.shell(#"{ "$ESTOPCTL" stop --all --force; } 2>&1 | true"#)
            try sidecar.awaitStatus("stop A")
            try eventually("the new file") { try sidecar.folder.text(of: "es.json").contains(#""Status":"stop""#) }
        }
    }

    @Test("says when it may not", .enabled(if: isRoot && hasProgram("setpriv")))
    func notPermitted() throws {
        try withTemporaryFolder { folder in
            try folder.write("{ oops", to: "es.json")
            let program = try folder.copy(ofProgram: Operator.program)
            let result = try run(
                [
                    "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, "stop", "--all",
                    "--force",
                ],
                environment: ["ESTOP_FILE": folder.path(of: "es.json"), "ESTOP_SOCKET": folder.path(of: "s")],
                in: folder
            )
            // Malformed, it stops everything as it is, and nobody tells that it is served.
            #expect(result.ending == .exited(3), "\(result)")
            #expect(result.errorOutput.contains("cannot be set aside: Permission denied"))
            #expect(result.errorOutput.contains("While nobody can read it as a stop file, everything is stopped"))
            #expect(namesInDirectory(folder.path).filter { $0.contains("broken") } == [])
            #expect(try folder.text(of: "es.json") == "{ oops")
        }
    }
}
