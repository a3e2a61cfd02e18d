import Glibc
import TestSupport
import Testing

@Suite("estopctl list, ps, history, info and metrics", .blocking)
struct ListingTests {
    private static let file = """
        {"Name":"Router","Status":"go"}
        {"Name":"SatelliteDiskErase","Status":"stop","Reason":"INC-1","By":"bob","At":"2026-01-02T03:04:05Z"}
        {"Name":"Rack*","Status":"pause"}

        """

    @Test("list: entries, patterns, and names that are watched or run without one")
    func list() throws {
        try withSidecar(file: Self.file) { sidecar in
            let run = try sidecar.enterRun("Rogue")
            let result = try sidecar.alice.calls("list")
            #expect(result.ending == .exited(0))
            #expect(
                result.lines == [
                    "STATUS  NAME                CAUSE     RUNS  WATCHERS  BY   AT                         REASON",
                    "stop    Rogue               unlisted     1         1",
                    "stop    SatelliteDiskErase  listed       -         -  bob  2026-01-02 03:04:05+00:00  INC-1",
                    "pause   Rack*               listed       -         -",
                    "go      Router              listed       -         -",
                ])
            #expect(try sidecar.alice.calls("list", "Rog*", "Router").lines.count == 3)
            #expect(
                try sidecar.alice.calls("list", "Router", "--json").output
                    == #"{"cause":"listed","kind":"status","name":"Router","runs":0,"status":"go","watchers":0}"#
                    + "\n" + #"{"count":1,"kind":"end"}"# + "\n")
            _ = try run.linesDue()
        }
    }

    @Test("list: a pattern that restrains nothing does not look like a stop, to a program neither")
    func idlePattern() throws {
        try withSidecar(file: #"{"Name":"A","Status":"go"}{"Name":"*","Status":"go","By":"bob"}"#) { sidecar in
            let result = try sidecar.alice.calls("list")
            #expect(
                result.lines == [
                    "STATUS  NAME  CAUSE              RUNS  WATCHERS  BY   AT  REASON",
                    "-       *     restrains nothing     -         -  bob",
                    "go      A     listed                -         -",
                ])
            let json = try sidecar.alice.calls("list", "--json").lines[1]
            #expect(
                json
                    == #"{"by":"bob","cause":"unlisted","kind":"status","name":"*","pattern":"*","restrains":"none","runs":0,"#
                    + #""status":"none","watchers":0}"#
            )
            #expect(try sidecar.alice.calls("status", "*").output == "none * (restrains nothing): by bob\n")
            #expect(try sidecar.alice.calls("status", "*").ending == .exited(20))
        }
    }

    @Test("list and ps say of a name that nobody knows that it may be mistyped: an empty table looks like rest")
    func unknownNames() throws {
        try withSidecar(file: Self.file) { sidecar throws in
            for command in ["list", "ps"] {
                #expect(
                    try sidecar.alice.calls(command, "Ruoter").errorOutput.hasSuffix(
                        "estopctl: Ruoter has no entry; did you mean Router?\n"))
                #expect(try sidecar.alice.calls(command, "Zz*").errorOutput.hasSuffix("nothing matches Zz*\n"))
                #expect(!(try sidecar.alice.calls(command, "R*").errorOutput.contains("match")))
            }
        }
    }

    @Test("list says above everything when the file as a whole stops everything")
    func condition() throws {
        try withSidecar(file: "{ oops") { sidecar in
            let result = try sidecar.alice.calls("list")
            #expect(result.errorOutput.hasPrefix("estopctl: everything is stopped, malformed-file: 1:3: error: "))
            let json = try sidecar.alice.calls("list", "--json")
            #expect(json.errorOutput == result.errorOutput)
            // To who reads the table or the objects alone, none at all would look like rest.
            #expect(result.lines.count == 2)
            #expect(result.lines.last?.hasPrefix("stop    *     malformed-file") == true)
            #expect(json.lines.count == 2)
            #expect(json.output.contains(#""cause":"malformed-file","kind":"status","name":"*","reason":"1:3: "#))
            let named = try sidecar.alice.calls("list", "--json", "A")
            #expect(named.output == json.output)
        }
    }

    @Test("ps: who runs, since when, with the command line; a lost run is marked; a young sidecar says that it is")
    func processes() throws {
        try withSidecar(file: Self.file) { sidecar in
            var run: LineClient? = try sidecar.enterRun("Router")
            let result = try sidecar.alice.calls("ps")
            #expect(result.ending == .exited(0))
            #expect(result.errorOutput.contains("the run list may be incomplete"))
            let words = result.lines[1].split(separator: " ")
            #expect(words.prefix(3) == ["Router", "go", "\(getpid())"])
            let json = try sidecar.alice.calls("ps", "Rou*", "--json")
            #expect(json.lines.count == 2)
            #expect(json.lines[0].contains(#""lost":false,"name":"Router","pid":\#(getpid()),"run":"0000"#))
            #expect(json.lines[1] == #"{"complete":false,"count":1,"kind":"end"}"#)
            _ = try run?.linesDue()
            run = nil
            try eventually("that it is lost") { try sidecar.alice.calls("ps").output.contains("go LOST") }
        }
    }

    @Test("history: what changed, why and by whom, the newest last")
    func history() throws {
        try withSidecar(file: Self.file) { sidecar in
            #expect(try sidecar.alice.calls("stop", "Router", "--reason", "INC-3").ending == .exited(0))
            #expect(try sidecar.alice.calls("go", "Router").ending == .exited(0))
            let result = try sidecar.alice.calls("history", "Router")
            let changes = result.lines.filter { $0.contains("Router") }
            #expect(changes.count == 2)
            #expect(changes[0].contains("go -> stop") && changes[0].contains("alice") && changes[0].contains("INC-3"))
            #expect(changes[1].contains("stop -> go"))
            // What has changed for other names does not count.
            #expect(try sidecar.alice.calls("stop", "Other", "--add").ending == .exited(0))
            let limited = try sidecar.alice.calls("history", "Router", "--limit", "2").lines
            #expect(limited.dropFirst().map { $0.contains("Router") } == [true, true])
            #expect(try sidecar.alice.calls("history", "Ruter").errorOutput.contains("did you mean Router?"))
            let last = try sidecar.alice.calls("history", "Router", "--limit", "1", "--json").lines
            #expect(last.count == 2)
            #expect(last[0].contains(#""kind":"change","name":"Router","new":"go","old":"stop""#), "\(last)")
            #expect(last[0].contains(#""time":"20"#))
            #expect(try sidecar.alice.calls("history", "--limit", "0").ending == .exited(64))
        }
    }

    @Test("info and metrics: all that the sidecar tells")
    func information() throws {
        try withSidecar(file: Self.file) { sidecar in
            let info = try sidecar.alice.calls("info")
            #expect(info.lines.contains { $0.hasPrefix("file ") && $0.hasSuffix(sidecar.file) })
            #expect(try sidecar.alice.calls("info", "--json").output.contains(#""condition":"readable""#))
            let metrics = try sidecar.alice.calls("metrics")
            #expect(metrics.output.contains("estop_entries{status=\"go\"} 1\n"))
            #expect(metrics.output.hasSuffix("# EOF\n"))
            let json = try sidecar.alice.calls("metrics", "--json")
            #expect(json.ending == .exited(64))
            #expect(json.errorOutput.contains("estopctl info --json"))
        }
    }

    @Test(
        "end with 69 and print nothing where no sidecar answers",
        arguments: ["list", "ps", "history", "info", "metrics"])
    func unavailable(command: String) throws {
        try withTemporaryFolder { folder in
            let result = try Operator(folder: folder).calls(command)
            #expect(result.ending == .exited(69))
            #expect(result.output.isEmpty)
            #expect(result.errorOutput.contains("no sidecar listens on \(folder.path(of: "s")): start estopd"))
        }
    }

    @Test("write to a pipe without colour and uncut, stop quietly when it closes, and fail when it is full")
    func pipes() throws {
        let long = String(repeating: "x", count: 200)
        let entries = (0..<3000).map { #"{"Name":"\#(long)\#($0)","Status":"stop"}"# }
        try withSidecar(file: entries.joined(separator: "\n")) { sidecar in
            let whole = try sidecar.alice.calls("list", "\(long)7")
            #expect(whole.output.contains(long + "7"))
            #expect(!whole.output.contains("\u{1B}"))
            let head = try sidecar.alice.shell(#"{ "$ESTOPCTL" list; echo "$?" >&2; } | head -1"#)
            #expect(head.lines.count == 1)
            #expect(head.errorOutput == "141\n")
            for command in ["list", "history", "info", "metrics"] {
                let full = try sidecar.alice.shell(#""$ESTOPCTL" \#(command) > /dev/full"#)
                #expect(full.ending == .exited(74), "\(command)")
            }
        }
    }
}
