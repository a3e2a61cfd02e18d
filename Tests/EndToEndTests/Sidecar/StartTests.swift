import Glibc
import TestSupport
import Testing

@Suite("The start of the sidecar", .blocking)
struct StartTests {
    private func estopd(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ShellResult {
        try withTemporaryFolder { folder in
            try run([RunningSidecar.executable] + arguments, environment: environment, in: folder)
        }
    }

    @Test("without standard input, output and error lets no client get their numbers, and what is meant for them")
    func closedDescriptors() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            let sidecar = try RunningSidecar(
                in: folder, options: ["--log-level", "debug"],
                prefix: ["sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"])
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            for descriptor in 0...2 {
                let path = "/proc/\(sidecar.process.pid)/fd/\(descriptor)"
                var (opened, null) = (stat(), stat())
                #expect(stat(path, &opened) == 0 && stat("/dev/null", &null) == 0)
                #expect(opened.st_rdev == null.st_rdev)
            }
        }
    }

    @Test(
        "is refused with exit code 64 for a bad option, which is named",
        arguments: [
            ("--poll-interval", "10"), ("--poll-interval", "1ms"), ("--poll-interval", "601s"), ("--settle-time", "0s"),
            ("--settle-time", "fast"), ("--socket-mode", "0999"), ("--socket-mode", "0066"), ("--socket-mode", "01777"),
            ("--socket-group", "no-such-group-here"), ("--operators-group", "no-such-group-here"),
            ("--log-level", "loud"),
            ("--max-file-size", "0"), ("--max-line-length", "100"), ("--max-connections", "0"),
            ("--max-connections", "1e4"), ("--max-connections-per-user", "-1"), ("--reserved-connections", "x"),
            ("--max-watches", "0"), ("--drain-timeout", "1ms"), ("--history-length", "-1"), ("--file", ""),
            ("--socket", ""),
        ])
    func badOptions(option: String, value: String) throws {
        let byOption = try estopd([option + "=" + value])
        #expect(byOption.ending == .exited(64))
        #expect(byOption.errorOutput.contains("'\(option)"), "\(byOption.errorOutput)")
        if !value.isEmpty { #expect(byOption.errorOutput.contains("expected"), "\(byOption.errorOutput)") }
        let variable = "ESTOP_" + option.dropFirst(2).uppercased().split(separator: "-").joined(separator: "_")
        let byVariable = try estopd([], [variable: value])
        #expect(byVariable.ending == .exited(64))
        #expect(byVariable.errorOutput.contains("'\(variable)'"), "\(byVariable.errorOutput)")
    }

    @Test(
        "with a relative path names the file from the root: in info, in its log, and in what it waits for",
        arguments: [
            "es.json", "./es.json", "link/../es.json",
        ])
    func relativePath(path: String) throws {
        try withTemporaryFolder { folder in
            try folder.makeDirectory("link")
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            for isVariable in [false, true] {
                let name = "estopd-\(isVariable)"
                let sidecar = try SpawnedProcess(
                    ["sh", "-c", "cd \"$1\"; shift; exec \"$@\"", "sh", folder.path, RunningSidecar.executable]
                        + ["--socket", folder.path(of: name), "--settle-time", "10ms"]
                        + (isVariable ? [] : ["--file", path]),
                    environment: isVariable ? ["ESTOP_FILE": path] : [:], in: folder, name: name
                )
                defer { sidecar.destroy() }
                let expected = folder.path(of: path.hasPrefix("./") ? "es.json" : path)
                try eventually("that it answers") {
                    guard let client = try? LineClient(to: folder.path(of: name)) else { return false }
                    return try client.askLines("info").contains { $0.subject == "file" && $0["value"] == expected }
                }
                try eventually("its log") { sidecar.errorOutput.contains("file=\"\(expected)\"") }
                #expect(try LineClient(to: folder.path(of: name)).ask("status A").head == "go A")
            }
        }
    }

    @Test("is refused with exit code 64 for what is no option", arguments: ["--frobnicate", "stray"])
    func unknownOptions(argument: String) throws {
        let result = try estopd([argument])
        #expect(result.ending == .exited(64))
        #expect(result.errorOutput.contains(argument))
    }

    @Test("is refused with exit code 64 for a socket path that is too long")
    func longPath() throws {
        let result = try estopd(["--socket", "/tmp/" + String(repeating: "x", count: 99)])
        #expect(result.ending == .exited(64))
        #expect(
            result.errorOutput.contains("the socket's path has to have 1 to 103 bytes%2C this has 104")
                || result.errorOutput.contains("the socket's path has to have 1 to 103 bytes, this has 104"))
    }

    @Test("is explained by --help: every option, the environment, the exit codes")
    func help() throws {
        let result = try estopd(["--help"])
        #expect(result.ending == .exited(0))
        for option in [
            "--file", "--socket", "--socket-mode", "--socket-group", "--operators-group", "--poll-interval",
            "--settle-time",
            "--log-level", "--max-file-size", "--max-line-length", "--max-connections", "--max-connections-per-user",
            "--reserved-connections", "--max-watches", "--drain-timeout", "--history-length", "--version", "ESTOP_",
            "ESTOP_POLL_INTERVAL", "SIGHUP", "SIGTERM", "64", "69", "73", "configs/es.json", "/run/estop/estop.sock",
        ] { #expect(result.output.contains(option), "\(option)") }
        #expect(try estopd(["--version"]).output.split(separator: ".").count >= 2)
    }

    @Test("takes options from the environment, and the command line goes first")
    func environment() throws {
        try withSidecar(
            options: ["--poll-interval", "4s"],
            environment: ["ESTOP_POLL_INTERVAL": "3s", "ESTOP_MAX_CONNECTIONS": "77", "ESTOP_FILE": "/nowhere"]
        ) { sidecar in
            let interval = try sidecar.information("poll-interval-ms")
            #expect(interval == "4000")
            #expect(try sidecar.information("max-connections") == "77")
            #expect(try sidecar.information("file") == sidecar.file)
        }
    }

    @Test("is told in the log: file, socket, poll interval, inotify, entries")
    func log() throws {
        try withSidecar(
            file: #"{"Name":"A","Status":"go"}{"Name":"B","Status":"go"}"#, options: ["--poll-interval", "9s"]
        ) {
            sidecar in
            let line = try sidecar.logLine(with: "serving")
            for part in [
                "file=\"\(sidecar.file)\"", "socket=\"\(sidecar.socket)\"", "poll-interval=\"9", "inotify=\"",
                "entries=\"2\"", "condition=\"readable\"",
            ] { #expect(line.contains(part), "\(part) in \(line)") }
            // The file may have settled before inotify has been tried.
            try eventually("the state of inotify in the log") { sidecar.log.contains("watching the file with inotify") }
        }
    }

    @Test("answers nothing before the first read has settled")
    func firstRead() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            let begin = ContinuousClock.now
            // Found at the start, the file takes ten times as long: 2 s.
            let sidecar = try RunningSidecar(in: folder, options: ["--settle-time", "200ms"])
            defer { sidecar.process.destroy() }
            var client: LineClient?
            try eventually("a connection") {
                client = try? sidecar.connect()
                return client != nil
            }
            #expect(try client?.ask("status A").head == "go A")
            #expect(ContinuousClock.now - begin >= .seconds(2))
        }
    }

    @Test("answers stop, as stale, when the lease is over and nothing could be read")
    func nothingSettles() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            // It would settle after 100 s; the lease is 2 s.
            let sidecar = try RunningSidecar(in: folder, options: ["--settle-time", "10s", "--poll-interval", "1s"])
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            let line = try sidecar.status("A")
            #expect(line.text == "stop A\tcause=stale")
            #expect(try sidecar.connect().ask("ping x").text == "pong x\tttl=0")
        }
    }
}
