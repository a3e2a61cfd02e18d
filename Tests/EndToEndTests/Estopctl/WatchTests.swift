import Glibc
import TestSupport
import Testing

@Suite("estopctl watch", .blocking)
struct WatchTests {
    private func watch(
        _ arguments: [String] = [], _ sidecar: RunningSidecar, environment: [String: String] = [:],
        terminal: PseudoTerminal? = nil
    ) throws -> SpawnedProcess {
        var generator = SystemRandomNumberGenerator()
        return try SpawnedProcess(
            [builtProgram("estopctl"), "watch", "--socket", sidecar.socket] + arguments,
            environment: ["TERM": "xterm"].merging(environment) { $1 }, in: sidecar.folder,
            name: "watch-\(generator.next())", terminal: terminal)
    }

    /// Waits until a line of the output ends so.
    private func expect(_ line: String, of watch: SpawnedProcess, times: Int = 1) throws {
        try eventually("\(line) in \(watch.output)") {
            watch.output.split(separator: "\n").count { $0.contains(line) } >= times
        }
    }

    @Test("says that the file stops everything, where there is no entry to show, and when that is over")
    func condition() throws {
        try withSidecar(file: "{ oops") { sidecar in
            let terminal = try PseudoTerminal()
            let (all, some, table) = (
                try watch([], sidecar), try watch(["--json", "A*"], sidecar), try watch([], sidecar, terminal: terminal)
            )
            defer { for process in [all, some, table] { process.destroy() } }
            try expect(" stop * (malformed-file): 1:3: error: ", of: all)
            try expect(#""cause":"malformed-file","kind":"status","name":"*""#, of: some)
            try expectScreen(of: terminal, 80, 24) { lines in
                lines.contains { $0.contains("stop    *") } && lines.last == "1 stop, 0 pause, 0 go"
            }
            try sidecar.folder.replace("es.json", with: #"{"Name":"A1","Status":"go"}{"Name":"B","Status":"go"}"#)
            try expect(" go A1 (listed)", of: all)
            try expect(" none * (restrains nothing)", of: all)
            try expect(#""cause":"unlisted","kind":"status","name":"*""#, of: some)
            try expectScreen(of: terminal, 80, 24) { $0.last == "0 stop, 0 pause, 2 go" }
            try sidecar.folder.remove("es.json")
            for process in [all, some] { try expect("missing-file", of: process, times: 2) }
            #expect(!some.output.contains(#""B""#))
        }
    }

    @Test("follows what matches a pattern, and says of a name that nobody knows that it may be mistyped")
    func pattern() throws {
        try withSidecar(file: #"{"Name":"Rack1","Status":"go"}{"Name":"Other","Status":"go"}"#) { sidecar in
            let process = try watch(["Rack*", "Othr"], sidecar)
            defer { process.destroy() }
            try expect(" go Rack1 (listed)", of: process)
            try expect(" stop Othr (unlisted)", of: process)
            try eventually("a word") { process.errorOutput.contains("did you mean Other?") }
            try sidecar.folder.replace(
                "es.json",
                with: #"{"Name":"Rack1","Status":"go"}{"Name":"Rack2","Status":"go"}{"Name":"Other","Status":"stop"}"#)
            try expect(" go Rack2 (listed)", of: process)
            try sidecar.folder.replace("es.json", with: #"{"Name":"Rack*","Status":"stop","Reason":"INC-1"}"#)
            try expect(" stop Rack1 (pattern Rack*): INC-1", of: process)
            try expect(" stop Rack* (listed): INC-1", of: process)
            #expect(!process.output.contains("Other"))
        }
    }

    @Test("tells a pattern that was lifted as none, and not as a stop")
    func liftedPattern() throws {
        try withSidecar(file: #"{"Name":"A","Status":"go"}"#) { sidecar in
            let (text, json) = (try watch([], sidecar), try watch(["--json"], sidecar))
            defer { for process in [text, json] { process.destroy() } }
            try expect(" go A (listed)", of: text)
            try expect(#""name":"A""#, of: json)
            #expect(try sidecar.alice.calls("stop", "--all").ending == .exited(0))
            try expect(" stop * (listed)", of: text)
            try expect(#""restrains":"stop","status":"stop""#, of: json)
            #expect(try sidecar.alice.calls("go", "--all").ending == .exited(0))
            try expect(" none * (restrains nothing)", of: text)
            try expect(#""name":"*","restrains":"none","status":"none""#, of: json)
            try expect(" go A (listed)", of: text, times: 2)
        }
    }

    @Test("where there never was a sidecar, it is a stop after 10 s")
    func never() throws {
        try withTemporaryFolder { folder in
            let watch = [builtProgram("estopctl"), "watch", "--socket", folder.path(of: "s")]
            let (one, all) = (
                try SpawnedProcess(watch + ["A"], in: folder, name: "one"),
                try SpawnedProcess(watch, in: folder, name: "all")
            )
            defer { for process in [one, all] { process.destroy() } }
            try expect(" stop A (unreachable)", of: one)
            try expect(" stop * (unreachable)", of: all)
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            let sidecar = try RunningSidecar(in: folder)
            defer { sidecar.process.destroy() }
            try expect(" go A (listed)", of: one)
            try expect(" go A (listed)", of: all)
            try expect(" none * (restrains nothing)", of: all)
            #expect(!one.output.contains("*"))
        }
    }

    @Test("ends with 74 where a line is lost")
    func full() throws {
        try withSidecar { sidecar in
            let result = try runShell(
                "exec $1 watch --socket $2 >/dev/full", builtProgram("estopctl"), sidecar.socket, in: sidecar.folder)
            #expect(result.ending == .exited(74))
            #expect(result.errorOutput.contains("could not be written to standard output: No space left on device"))
        }
    }

    @Test("in a pipe: a line for each change at once, also of entries that come and go")
    func lines() throws {
        try withSidecar { sidecar in
            let (all, one) = (try watch([], sidecar), try watch(["A", "C"], sidecar))
            defer { for process in [all, one] { process.destroy() } }
            try expect(" go A (listed)", of: all)
            try expect(" go A (listed)", of: one)
            try expect(" stop C (unlisted)", of: one)
            let both = #"{"Name":"A","Status":"pause","Reason":"x\u001by","By":"ann"}{"Name":"B","Status":"go"}"#
            try sidecar.folder.replace("es.json", with: both)
            for process in [all, one] { try expect(#" pause A (listed): x\u{1b}y, by ann"#, of: process) }
            try expect(" go B (listed)", of: all)
            try sidecar.set("go")
            try expect(" stop B (unlisted)", of: all)
            try expect(" go A (listed): INC-1", of: all)
            #expect(!one.output.contains(" B "))
            #expect(!all.output.contains("\u{1B}"))
            #expect(all.errorOutput == "")
        }
    }

    @Test("--json: an object a line")
    func json() throws {
        try withSidecar { sidecar in
            let process = try watch(["--json"], sidecar)
            defer { process.destroy() }
            try expect(#""name":"A""#, of: process)
            try sidecar.set("stop")
            try expect(#""status":"stop""#, of: process)
            for line in process.output.split(separator: "\n") {
                #expect(line.hasPrefix("{") && line.hasSuffix("}"))
                #expect(try JSONContract().problem(of: String(line)) == nil)
                for field in ["time", "name", "status", "cause"] { #expect(line.contains("\"\(field)\":\"")) }
            }
        }
    }

    @Test("ends with its reader, also where SIGPIPE is ignored", arguments: [[], ["env", "--ignore-signal=PIPE"]])
    func reader(prefix: [String]) throws {
        try withSidecar { sidecar in
            let command = (prefix + [builtProgram("estopctl")]).joined(separator: " ")
            let shell = try SpawnedProcess(
                ["sh", "-c", "\(command) watch --socket \(sidecar.socket) | head -1"], in: sidecar.folder,
                name: "shell")
            defer { shell.destroy() }
            try expect(" go A (listed)", of: shell)
            try eventually("the end") {
                try sidecar.set("stop")
                try sidecar.set("go")
                return shell.ending != nil
            }
        }
    }

    @Test("without a sidecar it says so, and shows the truth once there is one")
    func late() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            let process = try SpawnedProcess(
                [builtProgram("estopctl"), "watch", "--socket", folder.path(of: "s")], in: folder, name: "watch")
            defer { process.destroy() }
            try eventually("a word") { process.errorOutput.contains("trying again") }
            #expect(process.output == "")
            let sidecar = try RunningSidecar(in: folder)
            defer { sidecar.process.destroy() }
            try expect(" go A (listed)", of: process)
            #expect(process.errorOutput.split(separator: "\n").count == 1)
        }
    }

    @Test("a sidecar that is lost for 10 s: everything is stop, until it is back")
    func lost() throws {
        try withSidecar { sidecar in
            let terminal = try PseudoTerminal()
            let processes = [
                try watch([], sidecar), try watch(["--json", "A"], sidecar), try watch([], sidecar, terminal: terminal),
            ]
            defer { for process in processes { process.destroy() } }
            try expect("go A (listed)", of: processes[0])
            try expect(#""status":"go""#, of: processes[1])
            try expectScreen(of: terminal, 80, 24) { $0.contains { $0.contains("go") && $0.contains("listed") } }
            let begin = ContinuousClock.now
            try sidecar.freeze()
            try expect("stop A (unreachable)", of: processes[0])
            #expect(ContinuousClock.now - begin < .seconds(13))
            try expect(#""cause":"unreachable""#, of: processes[1])
            #expect(processes[0].errorOutput.contains("did not answer within 5.0 s; trying again"))
            try expectScreen(of: terminal, 80, 24) { lines in
                lines.contains { $0.contains("stop") && $0.contains("unreachable") }
                    && lines.last?.contains("the sidecar on \(sidecar.socket)") == true
            }
            sidecar.signal(SIGCONT)
            try expect("go A (listed)", of: processes[0], times: 2)
            try expect(#""status":"go""#, of: processes[1], times: 2)
            try expectScreen(of: terminal, 80, 24) { lines in
                lines.contains { $0.contains("go") && $0.contains("listed") }
                    && lines.last == "0 stop, 0 pause, 1 go"
            }
        }
    }

    @Test("on a terminal: drawn in place, in its width and height, what is restrained first")
    func table() throws {
        let file = (1...40).map { #"{"Name":"卫星消磁-\#($0)","Status":"go","Reason":"\#(Self.long)"}"# }
        try withSidecar(file: file.joined(separator: "\n")) { sidecar in
            let terminal = try PseudoTerminal(columns: 72, rows: 12)
            let process = try watch([], sidecar, terminal: terminal)
            defer { process.destroy() }
            try expectScreen(of: terminal, 72, 12) { $0.last == "0 stop, 0 pause, 40 go, 31 more not shown" }
            try sidecar.folder.replace("es.json", with: file.joined(separator: "\n") + #"{"Name":"Z","Status":"stop"}"#)
            try expectScreen(of: terminal, 72, 12) { lines in
                lines.count == 11 && lines[0].hasPrefix("   STATUS  NAME") && lines[1].contains("stop    Z")
                    && lines.last == "1 stop, 0 pause, 40 go, 32 more not shown"
            }
            #expect(terminal.text.contains("\u{1B}[1;31mstop\u{1B}[0m"))

            // All that comes behind the change fits the new size.
            let before = terminal.text.unicodeScalars.count
            terminal.resize(columns: 40, rows: 8)
            try eventually("a table of the new size") {
                let text = String(terminal.text.unicodeScalars.dropFirst(before))
                let screen = TerminalScreen(columns: 40, rows: 8, showing: text)
                return !screen.hasWrapped && screen.lines.count == 7 && screen.lines[1].contains("stop    Z")
            }
        }
    }

    private static let long = String(repeating: "because 原因 ", count: 18)

    @Test("no colour under NO_COLOR, and plain lines on a dumb terminal")
    func plain() throws {
        try withSidecar { sidecar in
            let (uncoloured, dumb) = (try PseudoTerminal(), try PseudoTerminal())
            let processes = [
                try watch([], sidecar, environment: ["NO_COLOR": "1"], terminal: uncoloured),
                try watch([], sidecar, environment: ["TERM": "dumb"], terminal: dumb),
            ]
            defer { for process in processes { process.destroy() } }
            try expectScreen(of: uncoloured, 80, 24) { $0.contains { $0.contains("go      A") } }
            #expect(!uncoloured.text.contains("m"), "no SGR, and no word with an m")
            try dumb.expect("go A (listed)")
            try sidecar.set("stop")
            try dumb.expect("stop A (listed): INC-1")
            #expect(!dumb.text.contains("\u{1B}"))
        }
    }

    @Test("Ctrl-C leaves the terminal as it was")
    func interrupt() throws {
        try withSidecar { sidecar in
            let terminal = try PseudoTerminal()
            let shell = try InteractiveShell(on: terminal, environment: ["TERM": "xterm"], in: sidecar.folder)
            defer { shell.process.destroy() }
            try shell.run("stty -g > \(sidecar.folder.path(of: "before"))")
            try shell.run("\(builtProgram("estopctl")) watch --socket \(sidecar.socket)")
            try terminal.expect("1 go")
            terminal.type("\u{3}")
            try shell.run("echo code=$?; stty -g > \(sidecar.folder.path(of: "after"))")
            try terminal.expect("code=130")
            try eventually("the second state") { (try? sidecar.folder.text(of: "after"))?.isEmpty == false }
            #expect(try sidecar.folder.text(of: "after") == sidecar.folder.text(of: "before"))
            // Nothing that would have to be undone: no other screen, no hidden cursor.
            #expect(!terminal.text.contains("\u{1B}[?25") && !terminal.text.contains("\u{1B}[?1049"))
        }
    }

    private func expectScreen(
        of terminal: PseudoTerminal, _ columns: Int, _ rows: Int, _ condition: ([String]) -> Bool
    ) throws {
        var screen: TerminalScreen?
        try eventually("the screen: \(screen?.lines.joined(separator: "\n") ?? "")") {
            screen = TerminalScreen(columns: columns, rows: rows, showing: terminal.text)
            return condition(screen!.lines)
        }
        #expect(screen?.hasWrapped == false)
    }
}
