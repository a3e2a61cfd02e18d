import TestSupport
import Testing

@Suite("Bad input", .blocking)
struct BadInputTests {
    private static let id = String(repeating: "0", count: 32)

    @Test(
        "gets one error line that says what was expected, and the connection lives on",
        arguments: [
            ("", "error", "one of status NAME"),
            ("frobnicate A", "error frobnicate A", "one of status NAME"),
            ("STATUS A", "error STATUS A", "one of status NAME"),
            (" status A", "error  status A", "one of status NAME"),
            ("status", "error status", "status NAME"),
            ("status   ", "error status   ", "status NAME"),
            (
                "status " + String(repeating: "n", count: 256), "error status " + String(repeating: "n", count: 255),
                "status NAME, NAME of at most 255 bytes"
            ),
            ("status a\u{1}b", "error status a%01b", "status NAME, NAME without control characters"),
            ("unwatch", "error unwatch", "unwatch NAME"),
            ("list all", "error list all", "list with nothing after it"),
            ("sync now", "error sync now", "sync with nothing after it"),
            ("info x", "error info x", "info with nothing after it"),
            ("history 3", "error history 3", "history with nothing after it"),
            ("metrics x", "error metrics x", "metrics with nothing after it"),
            ("ping", "error ping", "ping TOKEN, TOKEN of 1 to 255 bytes"),
            ("hello", "error hello", "hello VERSION, VERSION a number from 1; this sidecar speaks 1"),
            ("hello x", "error hello x", "hello VERSION, VERSION a number from 1; this sidecar speaks 1"),
            ("hello 0", "error hello 0", "hello VERSION, VERSION a number from 1; this sidecar speaks 1"),
            ("enter A", "error enter A", "enter NAME<TAB>run=ID, ID of 32 hexadecimal digits"),
            ("enter A\trun=12", "error enter A", "enter NAME<TAB>run=ID, ID of 32 hexadecimal digits"),
            (
                "enter A\trun=\(String(repeating: "g", count: 32))", "error enter A",
                "enter NAME<TAB>run=ID, ID of 32 hexadecimal digits"
            ),
            ("enter \trun=\(id)", "error enter", "enter NAME<TAB>run=ID"),
            ("leave A", "error leave A", "leave NAME<TAB>run=ID, ID of 32 hexadecimal digits"),
            ("{\"Name\":\"A\"}", "error {\"Name\":\"A\"}", "one of status NAME"),
        ])
    func mistakes(request: String, head: String, expected: String) throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            let answer = try client.ask(request)
            #expect(answer.head == head)
            #expect(answer["expected"]?.hasPrefix(expected) == true, "\(answer)")
            #expect(try client.ask("status A").head == "go A")
        }
    }

    @Test("that is not UTF-8 is answered with it encoded")
    func invalidUTF8() throws {
        try withSidecar { sidecar in
            let client = try sidecar.connect()
            try client.send(bytes: Array("status ".utf8) + [0xFF, 0xC0, 0x0A])
            #expect(try client.line().text == "error status %FF%C0\texpected=status NAME, NAME in valid UTF-8")
            try client.send(bytes: [0xFE, 0x00, 0x20, 0x41, 0x0A])
            #expect(try client.line().head == "error %FE%00 A")
            #expect(try client.ask("status A").head == "go A")
        }
    }

    @Test("in the shape of a line over the limit closes that connection alone, after an error line")
    func longLine() throws {
        try withSidecar { sidecar in
            let other = try sidecar.connect()
            _ = try other.ask("watch A")
            for length in [1025, 5000, 300_000] {
                let client = try sidecar.connect()
                #expect(try client.ask("ping before").word == "pong")
                _ = client.sendWithoutWaiting(Array(repeating: 0x78, count: length) + [0x0A])
                let lines = try client.linesToEnd()
                #expect(lines.map(\.head) == ["error"])
                #expect(lines.first?["expected"] == "lines of at most 1024 bytes; this connection is closed")
            }
            // As long as allowed.
            #expect(try other.ask("ping " + String(repeating: "x", count: 1019)).word == "error")
            #expect(try other.ask("ping \(String(repeating: "x", count: 255))").word == "pong")
            // The carriage return of a CRLF does not count.
            try other.send("status " + String(repeating: "x", count: 1017) + "\r")
            #expect(try other.line().head.hasPrefix("error status"))
            #expect(try other.ask("status A").head == "go A")
        }
    }

    @Test("never ends the sidecar nor changes what others hear, whatever the bytes", arguments: 0..<4)
    func garbage(seed: UInt64) throws {
        try withSidecar { sidecar in
            var generator = SeededGenerator(seed: seed)
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch A")
            let words = [
                "status", "watch", "unwatch", "list", "enter", "leave", "ps", "ping", "sync", "info", "history",
                "metrics",
                "hello", " ", "\t", "run=", "A", "*", "\r", "\n", "\0", "=", "1", String(repeating: "a", count: 32),
            ].map { Array($0.utf8) }
            for _ in 0..<60 {
                let client = try sidecar.connect()
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 1...200, using: &generator) {
                    if Int.random(in: 0..<4, using: &generator) == 0 {
                        bytes.append(UInt8.random(in: 0...255, using: &generator))
                    } else {
                        bytes += words.randomElement(using: &generator)!
                        if Bool.random(using: &generator) { bytes.append(0x20) }
                    }
                    if Int.random(in: 0..<6, using: &generator) == 0 { bytes.append(0x0A) }
                }
                _ = client.sendWithoutWaiting(bytes)
                if Bool.random(using: &generator) {
                    client.halfClose()
                    for line in try client.linesToEnd() {
                        #expect(
                            !line.text.unicodeScalars.contains {
                                $0 != "\t" && $0.properties.generalCategory == .control
                            })
                    }
                }
            }
            #expect(try sidecar.status("A").head == "go A")
            #expect(try watcher.linesDue().isEmpty)
            #expect(sidecar.process.ending == nil)
        }
    }
}
