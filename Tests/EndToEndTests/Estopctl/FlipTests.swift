import Synchronization
import TestSupport
import Testing

@Suite("A name that is flipped 1,000 times from five processes", .blocking)
struct FlipTests {
    private static let processes = 5
    private static let rounds = 100

    /// A stop or go as the sidecar took it in, in the order of its revisions.
    private struct Change {
        let revision: Int
        let isStop: Bool
        let reason: String?
    }

    /// What the five processes do: each stop has a reason of its own; its exit code says whether it was in force.
    private static let script = """
        i=0
        while [ $i -lt \(rounds) ]; do
            i=$((i + 1))
            "$ESTOPCTL" stop A --reason "$WORKER-$i" --timeout 60s > /dev/null; echo "stop $WORKER-$i $?"
            "$ESTOPCTL" go A --timeout 60s > /dev/null; echo "go $WORKER-$i $?"
        done
        """

    /// Promise 3: no stop is lost that some read saw. What that says, and is asserted here:
    ///
    /// - What reads have seen is in the sidecar's history, by each stop's reason and revision. A slow reader may be
    ///   given the latest of several changes, and so need not hear of each stop; but between two times that it was
    ///   `go`, a stop that was there must reach it as a stop. So: of the stops from any `go` of the history to the
    ///   next, the watcher was told one, at its revision.
    /// - `estopctl` ends with 0 once it has seen a status line that only this stop's entry can give, so a read saw that
    ///   stop and it is in the history; or once the file has settled with a stop that another has written over this
    ///   one. Then the other's is there, and the name was stopped just so.
    /// - What holds in the end is what the watcher was told last.
    @Test("loses no stop on the way to one who watches", .timeLimit(.minutes(3)))
    func noStopLost() throws {
        let options = ["--settle-time", "2ms", "--history-length", "20000", "--log-level", "error"]
        try withSidecar(options: options) { sidecar in
            let watcher = try sidecar.connect()
            _ = try watcher.ask("hello 1")
            try watcher.send("watch A")
            let told = Mutex<[ReplyLine]>([])
            let reading = try runThread {
                while true {
                    let line = try watcher.line()
                    if line.word == "pong" { return }
                    told.withLock { $0.append(line) }
                }
            }
            let workers = try (1...Self.processes).map { number in
                try SpawnedProcess(
                    ["sh", "-c", Self.script],
                    environment: [
                        "ESTOPCTL": Operator.program, "ESTOP_SOCKET": sidecar.socket, "SUDO_USER": "alice",
                        "WORKER": "w\(number)",
                    ], in: sidecar.folder, name: "worker-\(number)"
                )
            }
            defer { for worker in workers { worker.destroy() } }
            for worker in workers { #expect(try worker.wait(within: .seconds(150)) == .exited(0)) }
            try watcher.send("ping end")
            try reading.wait()

            let ends = workers.flatMap { $0.output.split(separator: "\n").map { $0.split(separator: " ") } }
            #expect(ends.count == 2 * Self.processes * Self.rounds)
            let stops = ends.filter { $0[0] == "stop" && $0[2] == "0" }.map { String($0[1]) }
            // 1 is: another was quicker, and what holds is something else; 3: the file was not the same for long enough to
            // tell. Nothing fails otherwise.
            #expect(
                ends.allSatisfy { ["0", "1", "3"].contains($0[2]) },
                "\(workers.map { $0.errorOutput.split(separator: "\n").filter { !$0.contains("but what holds is") } })")
            #expect(stops.count > Self.processes * Self.rounds / 2, "most stops come to be in force")

            let changes = try sidecar.connect().askLines("history").compactMap { line -> Change? in
                guard line.head == "change A", let revision = line.number("rev") else { return nil }
                return Change(revision: revision, isStop: line["new"] == "stop", reason: line["reason"])
            }
            let lines = told.withLock { $0 }
            let toldStops = Set(lines.filter { $0.word == "stop" }.compactMap { $0.number("rev") })
            // The stops between two times of go, each time.
            let phases = changes.split { !$0.isStop }
            for phase in phases where !phase.contains(where: { toldStops.contains($0.revision) }) {
                Issue.record("the watcher heard nothing of \(phase.map { $0.reason ?? "no reason" })")
            }
            let seen = Set(changes.compactMap { $0.isStop ? $0.reason : nil })
            let own = stops.filter(seen.contains)
            #expect(own.count > stops.count / 2, "most were seen before another wrote over them")
            #expect(phases.count > Self.rounds / 2, "and lifted again between")
            #expect(lines.last?.head == (try sidecar.status("A").head))
            #expect(lines.contains { $0.word == "go" })
        }
    }
}
