internal import Glibc
internal import TestSupport

extension Row {
    /// Many, and those who take what they can. The times come from the benchmarks' own programs.
    static let crowds = [
        Row("client-stalled", "one that does not read beside 1,000 that do: they notice nothing", isHeavy: true) {
            scene in
            try scene.begin(#"{"Name":"W","Status":"go"}"#, options: ["--settle-time", "10ms"], withRun: false)
            let without = try scene.timeToStop(changes: 40, listeners: 1000, entries: 2000)
            let stalled = try scene.sidecar.connect()
            _ = try stalled.ask("watch W")
            // More than any buffer holds, and a stop that it cannot take.
            try stalled.send(bytes: Array(String(repeating: "list\n", count: 40).utf8))
            let with = try scene.timeToStop(changes: 40, listeners: 1000, entries: 2000)
            scene.note("p99 without it \(without.p99.text)")
            try scene.note("with it", with.p99, within: without.p99 * 2 + .milliseconds(20))
            withExtendedLifetime(stalled) {}
        },
        Row(
            "client-crowd", "10,000 that connect at once: all are answered, and told of a stop", isHeavy: true,
            unless: lacksDescriptors
        ) { scene in
            try scene.begin(options: ["--max-connections", "10100"])
            scene.fail {}
            let begin = ContinuousClock.now
            let crowd = try (0..<10_000).map { _ in
                let client = try scene.sidecar.connect()
                try client.send("watch A")
                return client
            }
            for client in crowd {
                guard try client.line().head == "go A" else { throw TestFailure("not answered go") }
            }
            try scene.note("all answered", .now - begin, within: .seconds(10))
            let stop = ContinuousClock.now
            try scene.told("stop A", "listed", within: .atOnce) { try scene.replace(with: Scene.stopA) }
            try scene.runEnds("listed", within: .milliseconds(500))
            for client in crowd {
                guard try client.line().head == "stop A" else { throw TestFailure("not told stop") }
            }
            try scene.note("the last told", .now - stop, within: .seconds(2))
            try scene.note("memory", scene.memory("VmHWM") / 1024, "MB", atMost: 256)
        },
        Row("hostile-lists", "300 lists of 20,000 asked for at once, without end: a stop within 50 ms", isHeavy: true) {
            scene in
            try scene.beginBesideHostile()
            try scene.stopBeside(["load", "1", "300", "600", "20002", "list"], entries: 20_000)
        },
        Row("hostile-ps", "50,000 lost runs, listed without end: a stop within 50 ms", isHeavy: true) { scene in
            try scene.beginBesideHostile()
            for part in 0..<10 {
                let client = try scene.sidecar.connect()
                for number in 0..<5000 {
                    let digits = String(part * 5000 + number, radix: 16)
                    let id = String(repeating: "0", count: 32 - digits.count) + digits
                    try client.send("enter L\(number)\trun=\(id)")
                    _ = try client.line()
                }
            }
            try scene.stopBeside(["load", "4", "16", "600", "50001", "ps"])
        },
        Row("hostile-syncs", "64 requests to read on each of 2,000 connections: a stop within 50 ms", isHeavy: true) {
            scene in
            try scene.beginBesideHostile()
            try scene.stopBeside(["load", "2000", "64", "600", "1", "sync"])
        },
        Row(
            "hostile-watches", "20 connections that watch 10,000 names each, all stopped: a stop within 50 ms",
            isHeavy: true
        ) {
            scene in
            try scene.beginBesideHostile()
            let watchers = try (0..<20).map { part in
                let client = try scene.sidecar.connect()
                for start in stride(from: 0, to: 10_000, by: 500) {
                    try client.send(bytes: Array((start..<start + 500).map { "watch \(part)-\($0)\n" }.joined().utf8))
                    for _ in 0..<500 { _ = try client.line() }
                }
                return client
            }
            let isOver = Flag()
            let readers = try watchers.map { client in
                try runThread { while !isOver.isSet { _ = try? client.next(within: .milliseconds(200)) } }
            }
            defer { isOver.set() }
            var times: [Duration] = []
            let all = #"{"Name":"W","Status":"go"}{"Name":"A","Status":"go"}"#
            for _ in 0..<(scene.isLong ? 100 : 20) {
                try scene.fail { try scene.replace(with: all + #"{"Name":"*","Status":"stop"}"#) }
                try scene.watcher.line("stop A") { $0.head == "stop A" }
                times.append(scene.sinceFault)
                try scene.replace(with: all)
                try scene.watcher.line("go A") { $0.head == "go A" }
            }
            times.sort()
            try scene.note("p99", times[times.count * 99 / 100], within: .milliseconds(50))
            try scene.note("memory", scene.memory("VmHWM") / 1024, "MB", atMost: 1024)
            isOver.set()
            for reader in readers { try reader.wait() }
        },
        Row("file-64-MiB", "1,500,000 entries: the loop is held for 50 ms at most, the watchdog fed", isHeavy: true) {
            scene in
            let manager = try ServiceManager(at: scene.folder.path(of: "notify"))
            try scene.begin(environment: ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "4000000"])
            // As long a line as the cap of 64 MiB allows.
            let isOver = Flag()
            let starving = try runThread {
                // Twice an interval without a sign of life, and systemd would kill it.
                while !isOver.isSet { try manager.next(with: "WATCHDOG=1", within: .seconds(4)) }
            }
            let many = (0..<1_500_000).map { #"{"Name":"workflow-\#($0)","Status":"go"}"# }.joined(separator: "\n")
            for first in [Scene.goA, Scene.stopA, Scene.goA + #"{"Name":"*","Status":"stop"}"#] {
                let content = first + "\n" + many
                try scene.folder.write(content, to: "next")
                try scene.fail { try scene.folder.move("next", to: scene.fileName) }
                guard try scene.sidecar.connect().ask("sync").word == "synced" else { throw TestFailure("not synced") }
            }
            scene.note("\((many.utf8.count) >> 20) MiB synced in \(scene.sinceFault.text)")
            try scene.fail { try scene.folder.remove(scene.fileName) }
            try scene.watcher.line("the absence") { $0["cause"] == "missing-file" }
            let longest = try scene.metric("estop_loop_longest_turn_seconds")
            try scene.note("longest turn", .microseconds(Int(longest * 1_000_000)), within: .milliseconds(50))
            isOver.set()
            try starving.wait()
            try scene.note("memory", scene.memory("VmHWM") / 1024, "MB", atMost: 1024)
        },
        Row("memory-changes", "a million changes (10,000 unless --long): memory is flat", isHeavy: true) {
            scene in
            try scene.begin(withRun: false)
            var random = SeededGenerator(seed: 1)
            try scene.flat(rounds: scene.isLong ? 1_000_000 : 10_000) { number in
                let status = ["go", "pause", "stop"][Int(random.next() % 3)]
                try scene.replace(with: #"{"Name":"A","Status":"\#(status)","Reason":"\#(number)"}"#)
                // It reads one at a time, so it is given the time to.
                if number.isMultiple(of: 4) { _ = try scene.watcher.linesDue() }
            }
        },
        Row(
            "memory-connects", "100,000 connections, one after another (5,000 unless --long): memory is flat",
            isHeavy: true
        ) {
            scene in
            try scene.begin()
            try scene.flat(rounds: scene.isLong ? 100_000 : 5_000) { number in
                let client = try scene.sidecar.connect()
                _ = try client.ask("watch x\(number % 1000)")
                _ = try client.ask("enter A\trun=\(String(repeating: "b", count: 32))")
            }
        },
        Row(
            "memory-directories", "its directory made 100,000 times (2,000 unless --long): memory is flat",
            isHeavy: true
        ) {
            scene in
            try scene.folder.makeDirectory("d")
            try scene.begin(in: "d/es.json", withRun: false)
            // libinotifytools keeps some 150 bytes of each watch that it had.
            try scene.flat(rounds: scene.isLong ? 100_000 : 2_000, bytesEach: 200) { _ in
                try scene.folder.remove("d/es.json")
                try scene.folder.remove("d")
                try scene.folder.makeDirectory("d")
                try scene.write(Scene.goA)
                scene.sidecar.signal(SIGHUP)
                _ = try scene.watcher.linesDue()
            }
        },
    ]

    @Sendable private static func lacksDescriptors() -> String? {
        DescriptorLimit.hard < 10_200 ? "may have \(DescriptorLimit.hard) descriptors" : nil
    }
}

extension Scene {
    var sinceFault: Duration { .now - faultTime }

    /// The time from a rename to the last of so many listeners: the median, and what one in a hundred passes.
    func timeToStop(changes: Int, listeners: Int, entries: Int = 0) throws -> (median: Duration, p99: Duration) {
        let result = try runTool(
            ["notify", sidecar.socket, sidecar.file, "\(changes)", "\(listeners)", "watch", "\(entries)"])
        let times = result.split(separator: " ").compactMap { Double($0.filter { $0 != "\n" }) }
        guard times.count == 2 else { throw TestFailure("notify says: \(result)") }
        return (.microseconds(Int(times[0])), .microseconds(Int(times[1])))
    }

    func beginBesideHostile() throws {
        try begin(#"{"Name":"W","Status":"go"}{"Name":"A","Status":"go"}"#, options: ["--settle-time", "10ms"])
    }

    /// How long a stop takes while a neighbour does that without end.
    func stopBeside(_ neighbour: [String], entries: Int = 0) throws {
        let changes = isLong ? 300 : 40
        let quiet = try timeToStop(changes: changes, listeners: 1, entries: entries)
        let hostile = try start([tool(neighbour[0]), sidecar.socket] + neighbour.dropFirst())
        usleep(500_000)
        let busy = try timeToStop(changes: changes, listeners: 1, entries: entries)
        guard hostile.ending == nil else { throw TestFailure("the neighbour has ended: \(hostile.errorOutput)") }
        hostile.destroy()
        // What the reading of a large file takes is none of the neighbour's doing.
        note("p99 without it \(quiet.p99.text)")
        try note("p99", busy.p99, within: quiet.p99 + .milliseconds(50))
        try note("memory", memory("VmHWM") / 1024, "MB", atMost: 1024)
    }

    /// Does something so often, and looks at the memory behind the first tenth and at the end.
    func flat(rounds: Int, bytesEach: Int = 20, _ act: (Int) throws -> Void) throws {
        var before = 0
        let begin = ContinuousClock.now
        for number in 0..<rounds {
            if number == rounds / 10 { before = try memory() }
            try act(number)
        }
        let grown = try memory() - before
        // Of the allocator's own: a megabyte.
        try note("\(rounds) in \((.now - begin).text), grown", grown, "KB", atMost: 1024 + rounds * bytesEach / 1024)
    }

    private func tool(_ name: String) throws -> String {
        guard let path = Tool.path(name) else { throw TestFailure("no \(name): use Tests/Failures/run") }
        return path
    }

    private func runTool(_ arguments: [String]) throws -> String {
        let result = try run(
            [tool(arguments[0])] + arguments.dropFirst(), in: folder, within: .seconds(300))
        guard result.ending == .exited(0) else { throw TestFailure("\(arguments[0]): \(result.errorOutput)") }
        return result.output
    }
}
