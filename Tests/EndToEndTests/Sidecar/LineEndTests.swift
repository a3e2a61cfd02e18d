import Glibc
import TestSupport
import Testing

@Suite("Ends of lines and of connections", .blocking)
struct LineEndTests {
    @Test("lines may end in CR LF")
    func carriageReturn() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            try client.send(bytes: Array("status A\r\nping x\r\n".utf8))
            #expect(try client.line().text == "go A\tcause=listed")
            #expect(try client.line().head == "pong x")
        }
    }

    @Test("many requests at once are answered in their order")
    func pipelining() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            let count = 5000
            let thread = try runThread {
                try client.send(bytes: Array((0..<count).map { "ping \($0)\n" }.joined().utf8))
            }
            for number in 0..<count { #expect(try client.line().head == "pong \(number)") }
            try thread.wait()
        }
    }

    @Test("a request may arrive byte by byte")
    func byteByByte() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            for byte in "status A\nping x\n".utf8 { try client.send(bytes: [byte]) }
            #expect(try client.line().head == "go A")
            #expect(try client.line().head == "pong x")
        }
    }

    @Test("what was asked before a half-close is answered, then the connection closes")
    func halfClose() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            try client.send(bytes: Array("status A\nwatch A\nlist\nsync\nping x\n".utf8))
            client.halfClose()
            let heads = try client.linesToEnd().map(\.head)
            #expect(heads.filter { !$0.hasPrefix("synced") } == ["go A", "go A", "go A", "end 1", "pong x"])
            #expect(heads.contains { $0.hasPrefix("synced") })
        }
    }

    @Test("a last line without its end is answered at the half-close")
    func unterminated() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            try client.send(bytes: Array("ping x\nstatus A".utf8))
            client.halfClose()
            #expect(try client.linesToEnd().map(\.head) == ["pong x", "go A"])
        }
    }

    @Test("a half-close with nothing asked closes the connection")
    func emptyHalfClose() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            client.halfClose()
            #expect(try client.linesToEnd().isEmpty)
        }
    }

    @Test("an answer that takes many pieces is whole although the peer half-closed first and reads late")
    func longAnswerAfterHalfClose() throws {
        let count = 20_000
        let file = (0..<count).map { #"{"Name":"workflow-\#($0)","Status":"go","Reason":"a reason to make it long"}"# }
        try withSidecar(file: file.joined(separator: "\n")) { sidecar in
            let client = try sidecar.connect()
            try client.send(bytes: Array("list\nlist\nping last".utf8))
            client.halfClose()
            // Nothing is read until the sidecar has nothing more to do for others either.
            #expect(try sidecar.status("workflow-1").head == "go workflow-1")
            let lines = try client.linesToEnd()
            #expect(lines.count == 2 * (count + 1) + 1)
            #expect(lines.last?.head == "pong last")
        }
    }

    @Test("a read that was asked for is answered behind an answer of many lines, not within it")
    func syncBeforeLongAnswer() throws {
        let count = 20_000
        let file = (0..<count).map { #"{"Name":"workflow-\#($0)","Status":"go","Reason":"a reason to make it long"}"# }
        try withSidecar(file: file.joined(separator: "\n")) { sidecar in
            let client = try sidecar.connect()
            try client.send("sync\nlist")
            // The list fills what the kernel holds for a peer that does not read; the read settles meanwhile.
            #expect(try sidecar.connect().ask("sync").word == "synced")
            #expect(try client.line().word == "go")
            for _ in 1..<count { #expect(try client.line().word == "go") }
            #expect(try client.line().head == "end \(count)")
            #expect(try client.line().word == "synced")
        }
    }

    @Test("netcat-openbsd", .enabled(if: hasProgram("nc.openbsd")))
    func netcatOpenBSD() throws {
        try withSidecar { sidecar in
            let result = try runShell("echo status A | nc.openbsd -NU \"$1\"", sidecar.socket, in: sidecar.folder)
            #expect(result.output == "go A\tcause=listed\n")
            #expect(result.ending == .exited(0))
            let two = try runShell(
                "printf 'status A\\nstatus B' | nc.openbsd -NU \"$1\"", sidecar.socket, in: sidecar.folder)
            #expect(two.output == "go A\tcause=listed\nstop B\tcause=unlisted\n")
        }
    }

    @Test("socat", .enabled(if: hasProgram("socat")))
    func socat() throws {
        try withSidecar { sidecar in
            let result = try runShell("echo status A | socat - UNIX-CONNECT:\"$1\"", sidecar.socket, in: sidecar.folder)
            #expect(result.output == "go A\tcause=listed\n")
            #expect(result.ending == .exited(0))
        }
    }

    @Test(
        "netcat-traditional, through a bridge as it knows no Unix sockets",
        .enabled(if: hasProgram("nc.traditional") && hasProgram("socat"))
    )
    func netcatTraditional() throws {
        try withSidecar { sidecar in
            let bridge = try SpawnedProcess(
                ["socat", "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,fork", "UNIX-CONNECT:\(sidecar.socket)"],
                in: sidecar.folder, name: "bridge"
            )
            defer { bridge.destroy() }
            // … N listening on AF=2 127.0.0.1:PORT
            var port: String?
            try eventually("the bridge's port: \(bridge.errorOutput)") {
                port = bridge.errorOutput.split(separator: "\n").first {
                    $0.contains("listening on") && $0.contains(":")
                }?
                .split(separator: ":").last.map(String.init)
                return port != nil
            }
            let result = try runShell(
                "echo status A | nc.traditional -q 30 127.0.0.1 \"$1\"", port!, in: sidecar.folder
            )
            #expect(result.output == "go A\tcause=listed\n")
        }
    }
}
