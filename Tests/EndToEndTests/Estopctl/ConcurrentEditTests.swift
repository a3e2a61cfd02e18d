import Glibc
import TestSupport
import Testing

@Suite("Edits at the same time", .blocking)
struct ConcurrentEditTests {
    @Test("by 50 operators of 50 names are all in the file, and the rest of it is as it was")
    func fiftyOperators() throws {
        let count = 50
        func line(_ number: Int, _ status: String) -> String {
            "{ \"Name\": \"W\(number)\",  \"Status\": \"\(status)\" }\r\n"
        }
        let untouched = (0..<count).map { "\t{\"Status\":\"go\",\"Name\":\"between \($0)\"}\n" }
        let file = (0..<count).map { line($0, "go") + untouched[$0] }.joined()
        try withSidecar(file: file) { sidecar in
            let operators = try (0..<count).map { number in
                try Operator(folder: sidecar.folder, name: "op\(number)")
                    .start("stop", "W\(number)", "--reason", "r\(number)", "--timeout", "60s", name: "op\(number)")
            }
            defer { for process in operators { process.destroy() } }
            for (number, process) in operators.enumerated() {
                #expect(try process.wait() == .exited(0), "\(process.errorOutput)")
                #expect(process.output.hasPrefix("stop W\(number) in force after "))
            }
            var rest = Substring(try sidecar.folder.text(of: "es.json"))
            for number in 0..<count {
                let head =
                    "{ \"Name\": \"W\(number)\",  \"Status\": \"stop\",  \"Reason\": \"r\(number)\",  "
                    + "\"By\": \"op\(number)\",  \"At\": \""
                #expect(rest.hasPrefix(head), "\(rest.prefix(200))")
                // A time, whatever it is.
                rest = rest.dropFirst(head.count).drop { $0 != "\"" }
                let tail = "\" }\r\n" + untouched[number]
                #expect(rest.hasPrefix(tail), "\(rest.prefix(200))")
                rest = rest.dropFirst(tail.count)
                #expect(try sidecar.status("W\(number)")["by"] == "op\(number)")
            }
            #expect(rest.isEmpty)
            #expect(namesInDirectory(sidecar.folder.path).allSatisfy { !$0.hasPrefix(".") }, "no temporary file")
        }
    }

    @Test("wait for each other as long as they get on, a stop too")
    func queue() throws {
        try withSidecar { sidecar in
            let folder = sidecar.folder
            let unlock = try folder.lock("es.json")
            let stop = try sidecar.alice.start("stop", "A", "--reason", "r", name: "stop")
            defer { stop.destroy() }
            var edits = 0
            var isSteady = true
            var editedAt = ContinuousClock.now
            try throughout(.seconds(3), "no temporary file of a stop that waits") {
                edits += 1
                isSteady = isSteady && editedAt.duration(to: .now) < .seconds(1)
                editedAt = .now
                try folder.replace("es.json", with: #"{"Name":"A","Status":"go","Reason":"\#(edits)"}"#)
                // On a machine that holds this up for long, it is right not to wait.
                return !isSteady || namesInDirectory(folder.path).allSatisfy { !$0.hasPrefix(".") }
            }
            unlock()
            #expect(try stop.wait() == .exited(0), "\(stop.errorOutput)")
            #expect(try folder.text(of: "es.json").contains(#""Status":"stop""#))
        }
    }

    @Test("with an editor that knows no lock and never rests: a stop ends, and was in force if it says so")
    func lockless() throws {
        try withSidecar { sidecar in
            let folder = sidecar.folder
            let isOver = Flag()
            let editor = try runThread {
                while !isOver.isSet {
                    try folder.replace("es.json", with: #"{"Name":"A","Status":"go"}"#)
                    usleep(2000)
                }
            }
            defer { isOver.set() }
            for number in 0..<4 {
                let result = try sidecar.alice.calls("stop", "A", "--reason", "r\(number)", "--timeout", "500ms")
                guard result.ending == .exited(0) else {
                    #expect([1, 3, 4].map { .exited($0) }.contains(result.ending), "\(result)")
                    continue
                }
                #expect(result.output.hasPrefix("stop A in force after "))
                #expect(try sidecar.connect().askLines("history").contains { $0["reason"] == "r\(number)" })
            }
            isOver.set()
            try editor.wait()
        }
    }
}
