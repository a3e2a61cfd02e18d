import Glibc
import TestSupport
import Testing

@Suite("Metrics and log", .blocking)
struct ObservationTests {
    @Test("metrics are OpenMetrics text: each family described once, its samples together, ended by EOF")
    func openMetrics() throws {
        try withSidecar(file: #"{"Name":"A\"b\\c","Status":"go"}{"Name":"B","Status":"stop"}"#) { sidecar in
            let client = try sidecar.connect()
            _ = try client.ask("enter A\"b\\c\trun=\(String(repeating: "a", count: 32))")
            try sidecar.folder.replace("es.json", with: "{")
            try sidecar.awaitStatus("stop B", cause: "malformed-file")
            _ = try client.line()
            // The reader counts what it found once it has handed that over: a stop does not wait for a count.
            var lines: [String] = []
            try eventually("that the malformed file is counted, in \(lines)") {
                lines = try client.askLines("metrics") { $0.text == "# EOF" }.map(\.text)
                return lines.contains(#"estop_file_errors_total{cause="malformed-file"} 1"#)
            }
            #expect(lines.filter { $0 == "# EOF" }.count == 1)
            var kinds: [String: String] = [:]
            var family = ""
            for line in lines.dropLast() {
                let words = line.split(separator: " ").map(String.init)
                if words[0] == "#", words[1] == "TYPE" {
                    #expect(kinds[words[2]] == nil, "\(words[2]) is described twice")
                    kinds[words[2]] = words[3]
                    family = words[2]
                } else if words[0] == "#" {
                    #expect(words[1] == "HELP" && words[2] == family)
                } else {
                    #expect(line.hasPrefix(family), "\(line) under \(family)")
                    #expect(Double(words.last ?? "") != nil, "\(line)")
                    let suffix = line.dropFirst(family.count).prefix { $0 != "{" && $0 != " " }
                    switch kinds[family] {
                    case "counter": #expect(suffix == "_total")
                    case "info": #expect(suffix == "_info")
                    case "histogram": #expect(["_bucket", "_count", "_sum"].contains(suffix))
                    default: #expect(suffix.isEmpty)
                    }
                }
            }
            #expect(
                Set(kinds.keys).isSuperset(of: [
                    "estop_build", "estop_file", "estop_file_last_read_timestamp_seconds", "estop_inotify_up",
                    "estop_file_condition", "estop_reads",
                    "estop_file_errors", "estop_entries", "estop_runs", "estop_connections",
                    "estop_connections_rejected",
                    "estop_status_changes", "estop_notify_duration_seconds",
                ])
            )
            #expect(lines.contains(#"estop_runs{workflow="A\"b\\c",status="stop"} 1"#))
            let conditions = lines.filter { $0.hasPrefix("estop_file_condition{") }
            #expect(conditions.count == 5)
            let present = conditions.filter { $0.hasSuffix(" 1") }
            #expect(present == [#"estop_file_condition{condition="malformed-file"} 1"#])
        }
    }

    @Test("nothing that is written into the file or sent forges a line of the log, of the history or of a status")
    func injection() throws {
        try withSidecar { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            let reason =
                #"x\n2026-01-01T00:00:00.000Z critical forged\tcause=listed\u001b[31m\u0085\u2028\u202e\" by=\"mallory\\"#
            try sidecar.folder.replace(
                "es.json",
                with: #"{"Name":"A","Status":"stop","Reason":"\#(reason)","By":"\n<0>forged","At":"\r\nforged"}"#
            )
            let line = try watcher.line()
            #expect(line.head == "stop A")
            #expect(
                line["reason"]?.hasPrefix("x%0A2026-01-01T00:00:00.000Z critical forged%09cause=listed%1B[31m%C2%85")
                    == true)
            #expect(line["by"] == "%0A<0>forged")
            #expect(try watcher.linesDue().isEmpty)
            try eventually("the log of it") { sidecar.log.contains("status changed") }
            for line in sidecar.log.split(separator: "\n") {
                #expect(!line.hasPrefix("2026-01-01"))
                #expect(!line.hasPrefix("<0>"))
                #expect(!line.hasPrefix("forged"))
                #expect(!line.unicodeScalars.contains { [.control, .format].contains($0.properties.generalCategory) })
            }
            let logged = try sidecar.logLine(with: "status changed")
            #expect(logged.contains(#"%E2%80%A8%E2%80%AE\" by=\"mallory\\" rev="#), "\(logged)")
            #expect(logged.contains(#" by="%0A<0>forged" cause="#), "\(logged)")
            let history = try watcher.askLines("history")
            #expect(history.filter { $0.word == "change" }.count == 1)
        }
    }

    @Test("a log that nobody takes does not hold up the service, nor its end")
    func blockedLog() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            var ends: [CInt] = [-1, -1]
            guard pipe(&ends) == 0 else { throw TestFailure(systemCall: "pipe") }
            defer { for end in ends { close(end) } }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            // Full before it is given away.
            _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
            let bytes = [UInt8](repeating: 0x78, count: 4096)
            while write(ends[1], bytes, bytes.count) > 0 {}
            _ = fcntl(ends[1], F_SETFL, 0)
            let sidecar = try RunningSidecar(in: folder, options: ["--log-level", "trace"], errorOutput: ends[1])
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            for round in 0..<50 {
                let status = round % 2 == 0 ? "stop" : "go"
                try folder.replace("es.json", with: #"{"Name":"A","Status":"\#(status)"}"#)
                try sidecar.awaitStatus("\(status) A")
                #expect(try sidecar.connect().ask("sync").word == "synced")
            }
            #expect(try sidecar.stop() == .exited(0))
        }
    }

    @Test("under the journal each line begins with its priority")
    func journal() throws {
        try withTemporaryFolder { folder in
            // The stream's identity is only known once it is there.
            let result = try runShell(
                """
                exec 2>"$3"; export JOURNAL_STREAM=$(stat -c %d:%i "$3"); cd "$4"
                timeout -s TERM 2 "$1" --socket "$2" --file "$5"; exit 0
                """, RunningSidecar.executable, folder.path(of: "s"), folder.path(of: "journal"), folder.path,
                folder.path(of: "es.json"), in: folder
            )
            #expect(result.ending == .exited(0))
            let lines = try folder.text(of: "journal").split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("<6>starting ") })
            #expect(lines.allSatisfy { $0.first == "<" }, "\(lines)")
        }
    }

    @Test(
        "the wall clock may jump: nothing depends on it",
        .enabled(if: hasProgram("faketime"), "faketime is not installed")
    )
    func wallClock() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            // An hour passes every second, for the wall clock alone.
            let sidecar = try RunningSidecar(
                in: folder, environment: ["FAKETIME_DONT_FAKE_MONOTONIC": "1"], prefix: ["faketime", "-f", "+0 x3600"]
            )
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            let watcher = try sidecar.connect()
            #expect(try watcher.ask("watch A").head == "go A")
            try throughout(.seconds(2), "go") { try sidecar.status("A").head == "go A" }
            #expect(try watcher.linesDue().isEmpty)
        }
    }
}
