import TestSupport
import Testing

@Suite("estopctl check", .blocking)
struct CheckCommandTests {
    private static let warned = """
        {"Name":"A","Status":"go"}
        {"Name":"A","Status":"stop"}
        {"Name":"B","Status":"Go"}

        """

    private func check(_ file: String, _ options: String..., in folder: TemporaryFolder) throws -> ShellResult {
        try folder.write(file, to: "f.json")
        return try run([Operator.program, "check", folder.path(of: "f.json")] + options, in: folder)
    }

    @Test("counts what a sound file holds, and ends with 0")
    func sound() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "f.json")
            let result = try check(#"{"Name":"A","Status":"go"}{"Name":"*","Status":"pause"}"#, in: folder)
            #expect(result.ending == .exited(0))
            #expect(result.output.isEmpty)
            #expect(
                result.errorOutput == "estopctl: \(path): 2 entries: 1 go, 1 pause, 0 stop; 1 of them a pattern\n")
            #expect(try check("", "--quiet", in: folder).errorOutput.isEmpty)
        }
    }

    @Test("says file, line and column of what makes a file malformed, and ends with 1")
    func malformed() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "f.json")
            let result = try check("{\"Name\":\"A\",\"Status\":\"go\"}\r\n  {\"Nmae\":\"B\"}", in: folder)
            #expect(result.ending == .exited(1))
            #expect(result.output.hasPrefix("\(path):2:4: error: "))
            #expect(result.lines.count == 1)
            for bytes: [UInt8] in [[0xFF, 0xFE, 0x7B, 0], [0x7B, 0, 0x7D, 0], [0, 0x7B]] {
                try folder.write(bytes, to: "utf16")
                let utf16 = try run([Operator.program, "check", folder.path(of: "utf16")], in: folder)
                #expect(utf16.output.hasSuffix("this is UTF-16: save the file as UTF-8\n"), "\(utf16)")
            }
            let json = try check("{", "--json", in: folder)
            #expect(json.ending == .exited(1))
            #expect(json.lines[0].hasPrefix(#"{"column":2,"file":"\#(path)","kind":"diagnostic","line":1,"message":""#))
            #expect(json.lines[0].hasSuffix(#","severity":"error"}"#))
        }
    }

    @Test("says every warning, and ends with 2 for them only with --strict")
    func warnings() throws {
        try withTemporaryFolder { folder in
            let path = folder.path(of: "f.json")
            let result = try check(Self.warned, in: folder)
            #expect(result.ending == .exited(0))
            #expect(
                result.lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
                    "\(path):2:1: warning:", "\(path):3:22: warning:",
                ], "\(result.output)")
            #expect(try check(Self.warned, "--strict", in: folder).ending == .exited(2))
            #expect(try check("{", "--strict", in: folder).ending == .exited(1))
        }
    }

    @Test("reads standard input for -, as a hook does")
    func standardInput() throws {
        try withTemporaryFolder { folder in
            let result = try runShell(#"printf '{"Name":1}' | "$1" check -"#, Operator.program, in: folder)
            #expect(result.ending == .exited(1))
            #expect(result.output.hasPrefix("<stdin>:1:9: error: "))
            let sound = try runShell(
                #"printf '{"Name":"A","Status":"go"}' | "$1" check --strict -"#, Operator.program, in: folder)
            #expect(sound.ending == .exited(0))
        }
    }

    @Test("ends with 1 where there is no file, or what is said cannot be written")
    func unreadable() throws {
        try withTemporaryFolder { folder in
            for path in [folder.path(of: "none"), folder.path] {
                let result = try run([Operator.program, "check", path], in: folder)
                #expect(result.ending == .exited(1))
                #expect(result.errorOutput.hasPrefix("estopctl: \(path): "))
            }
            try folder.write(Self.warned, to: "f.json")
            let lost = try runShell(
                #""$1" check "$2" > /dev/full"#, Operator.program, folder.path(of: "f.json"), in: folder)
            #expect(lost.ending == .exited(74))
        }
    }

    @Test("takes the file of $ESTOP_FILE where none is given")
    func environment() throws {
        try withTemporaryFolder { folder in
            let result = try run(
                [Operator.program, "check"], environment: ["ESTOP_FILE": folder.path(of: "other")], in: folder)
            #expect(result.errorOutput == "estopctl: \(folder.path(of: "other")): No such file or directory\n")
        }
    }
}
