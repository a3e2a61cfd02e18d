internal import Glibc
internal import TestSupport

extension Row {
    /// The client, and the clock that nothing may depend on.
    static let clients = [
        Row("client-frozen", "SIGSTOP past its lease: the first that it reads is stop") { scene in
            try scene.begin(withRun: false)
            let probe = try scene.startRun("read")
            probe.signal(SIGSTOP)
            usleep(10_500_000)
            scene.fail { probe.signal(SIGCONT) }
            try eventually("what it reads") { probe.output.contains("read: ") }
            guard probe.output.contains("read: stop unreachable") else { throw TestFailure(probe.output) }
            try scene.runEnds("unreachable", within: .atOnce)
            try scene.newRunBegins(within: .seconds(1)) {}
        },
        Row("client-garbage", "an error line each, or the end of the connection; a stop reaches the others at once") {
            scene in
            try scene.begin()
            let isOver = Flag()
            let socket = scene.folder.path(of: RunningSidecar.socketName)
            let liars = try (0..<8).map { number in
                try runThread {
                    var random = SeededGenerator(seed: UInt64(number))
                    while !isOver.isSet {
                        let liar = try LineClient(to: socket)
                        // Bytes, lines without an end, zeros, and what looks like a request.
                        for _ in 0..<20 {
                            let bytes = (0..<Int(random.next() % 4000)).map { _ in
                                UInt8(truncatingIfNeeded: random.next())
                            }
                            _ = liar.sendWithoutWaiting(random.next().isMultiple(of: 2) ? bytes : bytes.map { _ in 0 })
                            _ = liar.sendWithoutWaiting(Array("status \u{0}\nenter A\trun=\n".utf8))
                            usleep(1000)
                        }
                    }
                }
            }
            defer { isOver.set() }
            usleep(1_000_000)
            try scene.nothingSeen()
            try scene.told("stop A", "listed", within: .atOnce) { try scene.replace(with: Scene.stopA) }
            try scene.runEnds("listed", within: .atOnce)
            isOver.set()
            for liar in liars { try liar.wait() }
            guard try scene.sidecar.status("A").head == "stop A" else { throw TestFailure("no answer") }
        },
        Row("client-half-open", "asked before it closes its side, answered; its runs are lost when it goes") { scene in
            try scene.begin()
            let half = try scene.sidecar.connect()
            try half.send("status A\nsync")
            half.halfClose()
            scene.fail {}
            let begin = ContinuousClock.now
            let words = try half.linesToEnd().map(\.word)
            guard words == ["go", "synced"] else { throw TestFailure("answered \(words)") }
            try scene.note("answered", .now - begin, within: .settled)
            // Half a request, and then nothing, for ever.
            let silent = try scene.sidecar.connect()
            try silent.send(bytes: Array("statu".utf8))
            let run = String(repeating: "a", count: 32)
            do {
                let leaving = try scene.sidecar.connect()
                _ = try leaving.ask("enter B\trun=\(run)")
            }
            let left = ContinuousClock.now
            try eventually("that its run is lost") {
                try scene.sidecar.connect().askLines("ps").contains { $0.text.contains(run) && $0["lost"] == "yes" }
            }
            try scene.note("run lost", .now - left, within: .atOnce)
            try scene.nothingSeen()
            withExtendedLifetime(silent) {}
        },
        Row("clock-set", "a year back and forth, ten times a second: nothing", unless: lacksWallClock) { scene in
            try scene.begin(environment: ["LD_PRELOAD": wallClock ?? ""])
            // It does see another time.
            var shown: Set<Int> = []
            for _ in 0..<20 where shown.count < 2 {
                scene.sidecar.signal(SIGHUP)
                _ = try scene.sidecar.connect().ask("sync")
                shown.insert(Int(try scene.metric("estop_file_last_read_timestamp_seconds") / 1_000_000))
            }
            guard shown.count > 1 else { throw TestFailure("the clock is not set: \(shown)") }
            usleep(12_000_000)
            try scene.nothingSeen()
            scene.note("nothing in 12 s")
            try scene.told("stop A", "listed", within: .atOnce) { try scene.replace(with: Scene.stopA) }
            try scene.runEnds("listed", within: .atOnce)
            try scene.told("go A", within: .settled) { try scene.replace(with: Scene.goA) }
        },
    ]

    @Sendable private static func lacksWallClock() -> String? { wallClock == nil ? "use Tests/Failures/run" : nil }
    private static let wallClock = Tool.path("wall-clock.so")
}

/// What `run` has compiled beside this.
enum Tool {
    static func path(_ name: String) -> String? {
        getenv("FAILURE_TOOLS").map { "\(String(cString: $0))/\(name)" }
    }
}
