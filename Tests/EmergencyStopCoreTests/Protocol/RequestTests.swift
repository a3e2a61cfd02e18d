import EmergencyStopCore
import TestSupport
import Testing

@Suite("A request line")
struct RequestTests {
    private static let id = "0123456789abcdefABCDEF0123456789"
    private static let run = RunID(high: 0x0123_4567_89AB_CDEF, low: 0xABCD_EF01_2345_6789)

    @Test(
        "is understood",
        arguments: [
            ("status A", .status(name("A"))), ("status A\r", .status(name("A"))),
            ("status  A b ", .status(name("A b"))),
            ("status A\tfield=ignored", .status(name("A"))), ("status 消去\u{3000}", .status(name("消去"))),
            ("watch A", .watch(name("A"))),
            ("watch", .watchAll), ("watch ", .watchAll), ("watch *", .watch(name("*"))),
            ("unwatch A", .unwatch(name("A"))),
            ("list", .list), ("list\tlater=yes", .list), ("ps", .processes(nil)), ("ps Sat*", .processes(name("Sat*"))),
            ("ping a b", .ping(token: "a b")), ("sync", .sync), ("info", .info), ("history", .history),
            ("metrics", .metrics), ("hello 1", .hello(version: 1)), ("hello 2", .hello(version: 2)),
            ("enter A\trun=\(id)", .enter(name("A"), run)), ("enter A\tx=y\trun=\(id)\tz=", .enter(name("A"), run)),
            ("enter A\trun=\(id)\tparents=2", .enter(name("A"), run, parents: 2)),
            ("enter A\trun=\(id)\tage=0", .enter(name("A"), run, age: .zero)),
            (
                "enter A\tage=315360000000\trun=\(id)\tparents=1",
                .enter(name("A"), run, parents: 1, age: .seconds(315_360_000))
            ),
            ("leave A\trun=\(id)\r", .leave(name("A"), run)),
        ] as [(String, Request)])
    func understood(line: String, request: Request) throws {
        #expect(try Request(Array(line.utf8).span) == request)
    }

    @Test(
        "is refused with what was expected",
        arguments: [
            ("", "one of "), ("Status A", "one of "), ("statusA", "one of "), ("\tstatus A", "one of "),
            ("status", "status NAME"), ("status \u{A0}", "status NAME"), ("unwatch", "unwatch NAME"),
            ("ping", "ping TOKEN"), ("ping \u{1}", "ping TOKEN"), ("hello", "hello VERSION"),
            ("hello 1.0", "hello VERSION"),
            ("hello -1", "hello VERSION"), ("enter A", "enter NAME<TAB>run=ID"),
            ("enter A run=\(id)", "enter NAME<TAB>run=ID"),
            ("enter A\trun=\(id)0", "enter NAME<TAB>run=ID"), ("enter A\trun= \(id)", "enter NAME<TAB>run=ID"),
            ("enter A\trun=\(id)\tparents=3", "enter NAME<TAB>run=ID, parents= a number up to 2"),
            ("enter A\trun=\(id)\tparents=", "enter NAME<TAB>run=ID, parents= a number up to 2"),
            ("enter A\trun=\(id)\tage=", "enter NAME<TAB>run=ID, age= a number of milliseconds"),
            ("enter A\trun=\(id)\tage=-1", "enter NAME<TAB>run=ID, age= a number of milliseconds"),
            ("enter A\trun=\(id)\tage=1.5", "enter NAME<TAB>run=ID, age= a number of milliseconds"),
            ("enter A\trun=\(id)\tage=315360000001", "enter NAME<TAB>run=ID, age= a number of milliseconds up to "),
            ("enter A\trun=\(id)\tage=\(String(repeating: "9", count: 30))", "enter NAME<TAB>run=ID, age= a number"),
            ("leave \trun=\(id)", "leave NAME<TAB>run=ID"), ("list A", "list with nothing after it"),
            ("status a\u{7F}", "status NAME, NAME without control characters"),
            ("status \(String(repeating: "é", count: 128))", "status NAME, NAME of at most 255 bytes"),
        ])
    func refused(line: String, expected: String) {
        do throws(Request.Mistake) {
            let request = try Request(Array(line.utf8).span)
            Issue.record("understood as \(request)")
        } catch {
            #expect(error.expected.hasPrefix(expected), "\(error.expected)")
        }
    }

    @Test(
        "to enter a run leaves its age away where that could be too long for a sidecar",
        arguments: [
            (255, 0, Duration.milliseconds(99_999_999_999), true), (255, 2, .milliseconds(9_999_999), true),
            (255, 2, .milliseconds(10_000_000), false), (200, 2, .seconds(1_000_000_000), true),
            (1, 0, .zero - .seconds(1), true),
        ])
    func longAge(length: Int, parents: Int, age: Duration, isSent: Bool) throws {
        let name = WorkflowName(validated: String(repeating: "n", count: length))
        var writer = LineWriter()
        writer.text("before\n")
        Request.enter(name, RunID(high: 1, low: 2), parents: parents, age: age).write(to: &writer)
        let line = writer.bytes.dropFirst(7).dropLast()
        #expect(line.count <= 320)
        guard case .enter(name, _, parents, let read) = try Request(Array(line).span) else {
            throw TestFailure(String(decoding: line, as: UTF8.self))
        }
        #expect(read == (isSent ? min(max(.zero, age), .milliseconds(315_360_000_000)) : nil))
    }

    @Test("in no valid UTF-8 is refused")
    func invalidUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
            #expect(throws: Request.Mistake(expected: "status NAME, NAME in valid UTF-8")) {
                try Request((Array("status ".utf8) + bytes).span)
            }
        }
    }

    @Test("can have a name of 255 bytes and no more")
    func nameLength() throws {
        let longest = String(repeating: "n", count: 255)
        #expect(try Request(Array("status \(longest)".utf8).span) == .status(WorkflowName(validated: longest)))
        #expect(throws: Request.Mistake.self) { try Request(Array("status \(longest)n".utf8).span) }
    }

    @Test("run ids are written as they are read")
    func runID() {
        #expect(Self.run.description == Self.id.lowercased())
        #expect(RunID(Array(Self.run.description.utf8).span) == Self.run)
        #expect(RunID(high: 0, low: 1).description == String(repeating: "0", count: 31) + "1")
    }
}

private func name(_ text: String) -> WorkflowName { WorkflowName(validated: text) }
