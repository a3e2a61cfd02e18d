import Glibc
import TestSupport
import Testing

@Suite("Nobody holds the sidecar up", .serialized, .blocking)
struct FairnessTests {
    private static let entryCount = 20_000

    /// A file of many entries, and of W with this status.
    private static func file(_ status: String) -> String {
        let fillers = (0..<entryCount).map { #"{"Name":"workflow-\#($0)","Status":"go"}"# }
        return ([#"{"Name":"W","Status":"\#(status)"}"#] + fillers).joined(separator: "\n")
    }

    /// The median time from the rename of a file that stops W to the line that tells a watcher.
    private func timeToStop(_ sidecar: RunningSidecar, _ watcher: LineClient) throws -> Duration {
        var times: [Duration] = []
        for _ in 0..<3 {
            try sidecar.folder.write(Self.file("stop"), to: "next")
            let begin = ContinuousClock.now
            try sidecar.folder.move("next", to: RunningSidecar.fileName)
            try watcher.line("the stop") { $0.head == "stop W" }
            times.append(.now - begin)
            try sidecar.folder.replace(RunningSidecar.fileName, with: Self.file("go"))
            try watcher.line("the release") { $0.head == "go W" }
        }
        return times.sorted()[1]
    }

    @Test("a client that has 300 lists of 20,000 entries answered at once delays nobody's stop")
    func lists() throws {
        try withSidecar(file: Self.file("go")) { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("watch W")
            let quiet = try timeToStop(sidecar, watcher)

            let hostile = try sidecar.connect()
            let isOver = Flag()
            try hostile.send(bytes: Array(String(repeating: "list\n", count: 300).utf8))
            #expect(try hostile.line().head == "go W")
            let reader = try runThread {
                // Takes what comes, and asks for more as soon as that is all.
                while !isOver.isSet, try hostile.next() != nil {}
            }
            let busy = try timeToStop(sidecar, watcher)
            #expect(!reader.hasEnded)
            isOver.set()
            // Reading and parsing share the machine with the lists, and others do; the lists together take minutes.
            #expect(busy < quiet * 20 + .seconds(1), "\(quiet) without, \(busy) with the lists")
            let metrics = try sidecar.connect().askLines("metrics") { $0.text == "# EOF" }
            #expect(metrics.contains { $0.text.hasPrefix("estop_loop_longest_turn_seconds ") })
            #expect(metrics.contains { $0.text.hasPrefix("estop_loop_long_turns_total ") })
            try reader.wait()
        }
    }

    @Test("requests without end on one connection do not delay the answer to another's")
    func requests() throws {
        try withSidecar { sidecar in
            let isOver = Flag()
            let threads = try (0..<4).map { _ in
                let hostile = try sidecar.connect()
                let pings = Array(String(repeating: "ps\nstatus A\nmetrics\n", count: 100).utf8)
                return try runThread {
                    while !isOver.isSet {
                        _ = hostile.sendWithoutWaiting(pings)
                        for _ in 0..<100 where try hostile.next() == nil { return }
                    }
                }
            }
            let client = try sidecar.connect()
            for number in 0..<50 { #expect(try client.ask("ping \(number)").head == "pong \(number)") }
            isOver.set()
            for thread in threads { try thread.wait() }
        }
    }

    @Test("what a peer asked for that takes no answers and goes away counts: a run that was left is left")
    func leaveUnread() throws {
        let run = String(repeating: "a", count: 32)
        try withSidecar(file: Self.file("go")) { sidecar in
            do {
                let client = try sidecar.connect()
                #expect(try client.ask("enter W\trun=\(run)").head == "go W")
                // More than the kernel holds for a peer that does not read, and the end of the run behind it.
                try client.send(bytes: Array(String(repeating: "list\n", count: 40).utf8))
                try client.send("leave W\trun=\(run)")
            }
            let other = try sidecar.connect()
            try eventually("that only this one is connected") { try sidecar.information("connections") == "2" }
            #expect(try other.askLines("ps").first?.word == "end")
        }
    }

    @Test("what a peer asked for that went away before there were answers counts: its run is known, and lost")
    func earlyEnd() throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: "es.json")
            // Nothing settles, so that there are answers only when the lease has passed.
            let sidecar = try RunningSidecar(in: folder, options: ["--settle-time", "60s", "--poll-interval", "1s"])
            defer { sidecar.process.destroy() }
            try eventually("the socket") { (try? sidecar.connect()) != nil }
            try sidecar.connect().send("enter A\trun=\(String(repeating: "b", count: 32))")
            try eventually("a run that is lost") { try sidecar.connect().askLines("ps").first?["lost"] == "yes" }
        }
    }

    @Test("a peer that has ended its input and waits for a read costs nothing meanwhile")
    func halfClosedAndWaiting() throws {
        try withSidecar(options: ["--settle-time", "1s"]) { sidecar in
            let clients = try (0..<10).map { _ in try sidecar.connect() }
            let begin = (time: ContinuousClock.now, used: try processorTime(of: sidecar.process.pid))
            // What is asked for now is over when this has settled.
            try sidecar.folder.replace("es.json", with: #"{"Name":"A","Status":"pause"}"#)
            for client in clients {
                try client.send("sync")
                client.halfClose()
            }
            for client in clients { #expect(try client.linesToEnd().map(\.word) == ["synced"]) }
            let elapsed = ContinuousClock.now - begin.time
            let used = try processorTime(of: sidecar.process.pid) - begin.used
            #expect(elapsed > .milliseconds(500))
            #expect(used < elapsed / 2, "\(used) of \(elapsed)")
        }
    }

    /// How much processor time a process has used, in steps of 10 ms.
    private func processorTime(of pid: pid_t) throws -> Duration {
        let stat = try textOfFile(at: "/proc/\(pid)/stat")
        // Behind the command's name, the fields 14 and 15.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        return .milliseconds(10 * ((Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)))
    }
}
