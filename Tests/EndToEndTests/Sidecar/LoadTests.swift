import Glibc
import TestSupport
import Testing

@Suite("Load", .serialized, .blocking)
struct LoadTests {
    @Test(
        "2,000 connections at once are all answered, and a stop reaches them all",
        .enabled("the session may have 4,000 descriptors") { DescriptorLimit.hard >= 4000 })
    func manyConnections() throws {
        try DescriptorLimit.raise(to: 4000)
        try withSidecar { sidecar in
            let clients = try (0..<2000).map { _ in try sidecar.connect() }
            func expect(_ head: String) throws {
                for (number, client) in clients.enumerated() {
                    do {
                        #expect(try client.line().head == head)
                    } catch {
                        let served = try? sidecar.status("A")
                        let connections = try? sidecar.information("connections")
                        throw TestFailure(
                            "\(head) to client \(number): \(error); served to a new one: \(served?.text ?? "nothing"), "
                                + "connections: \(connections ?? "unknown"), log: \(sidecar.log)"
                        )
                    }
                }
            }
            for client in clients { try client.send("watch A") }
            try expect("go A")
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"stop"}"#)
            try expect("stop A")
        }
    }

    @Test("a pattern stops thousands of names that one connection watches, each told once, and its neighbour's too")
    func manyWatches() throws {
        let count = 5000
        let entries = (0..<count).map { #"{"Name":"W\#($0)","Status":"go"}"# }.joined(separator: "\n")
        try withSidecar(file: entries) { sidecar in
            let many = try sidecar.connect()
            try many.send(bytes: Array((0..<count).map { "watch W\($0)\n" }.joined().utf8))
            for number in 0..<count { #expect(try many.line().head == "go W\(number)") }
            let neighbour = try sidecar.connect()
            _ = try neighbour.ask("watch W17")
            for (status, last) in [("stop", #"{"Name":"*","Status":"stop"}"#), ("go", "")] {
                try sidecar.folder.replace("es.json", with: entries + last)
                #expect(try neighbour.line().head == "\(status) W17")
                let heads = Set(try (0..<count).map { _ in try many.line().head })
                #expect(heads == Set((0..<count).map { "\(status) W\($0)" }))
            }
            #expect(try many.linesDue().isEmpty)
        }
    }

    @Test("50 restarts under load lose nobody who connects again, and never answer go for what is stopped")
    func restarts() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}{"Name":"B","Status":"stop"}"#, to: "es.json")
            let isOver = Flag()
            let socket = folder.path(of: "s")
            let threads = try (0..<4).map { _ in
                try runThread {
                    while !isOver.isSet {
                        guard let client = try? LineClient(to: socket) else {
                            yieldProcessor()
                            continue
                        }
                        while !isOver.isSet {
                            // Killed in the middle of an answer, it may end anywhere.
                            guard let a = try? client.ask("status A"), let b = try? client.ask("status B") else {
                                break
                            }
                            guard a.subject == "A", b.head == "stop B" else { throw TestFailure("\(a), \(b)") }
                        }
                    }
                }
            }
            for round in 0..<50 {
                let sidecar = try RunningSidecar(in: folder, options: ["--settle-time", "1ms"])
                defer { sidecar.process.destroy() }
                try sidecar.awaitReadiness()
                #expect(try sidecar.status("A").head == "go A")
                // By turns, it leaves its socket behind or does not.
                if round % 2 == 0 { #expect(try sidecar.stop() == .exited(0)) }
            }
            isOver.set()
            for thread in threads { try thread.wait() }
        }
    }
}
