internal import Glibc
internal import Synchronization
internal import TestSupport

extension Row {
    /// The stop file.
    static let files = [
        Row("file-missing", "stop once its absence has settled") { scene in
            try scene.begin()
            try scene.told("stop A", "missing-file", within: .settled) { try scene.folder.remove(scene.fileName) }
            try scene.runEnds("missing-file", within: .settled)
            try scene.told("go A", within: .settled) { try scene.write(Scene.goA) }
        },
        Row("file-malformed", "stop once it has settled") { scene in
            try scene.begin()
            try scene.told("stop A", "malformed-file", within: .settled) { try scene.replace(with: "{ oops") }
            try scene.runEnds("malformed-file", within: .settled)
            try scene.told("go A", within: .settled) { try scene.replace(with: Scene.goA) }
        },
        Row("file-unreadable", "stop once that has settled", unless: needs("setpriv")) { scene in
            // Root may read everything; without its capability it is as others are.
            try scene.begin(prefix: ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"])
            try scene.told("stop A", "unreadable-file", within: .settled) {
                try scene.folder.setMode(0, of: scene.fileName)
            }
            try scene.runEnds("unreadable-file", within: .settled)
            try scene.told("go A", within: .settled) { try scene.folder.setMode(0o644, of: scene.fileName) }
        },
        Row("file-directory", "a directory in its place: stop once that has settled") { scene in
            try scene.begin()
            try scene.told("stop A", "unreadable-file", within: .settled) {
                try scene.folder.remove(scene.fileName)
                try scene.folder.makeDirectory(scene.fileName)
            }
            try scene.runEnds("unreadable-file", within: .settled)
            try scene.folder.remove(scene.fileName)
            try scene.told("go A", within: .settled) { try scene.write(Scene.goA) }
        },
        Row("file-fifo", "a FIFO in its place: stop once that has settled; nobody is held up by opening it") { scene in
            try scene.begin()
            try scene.told("stop A", "unreadable-file", within: .settled) {
                try scene.folder.remove(scene.fileName)
                try scene.folder.makeFIFO(scene.fileName)
            }
            try scene.runEnds("unreadable-file", within: .settled)
            try scene.told("go A", within: .settled) { try scene.replace(with: Scene.goA) }
        },
        Row("file-torn", "its restraints at once; what is missing waits 5 s for the writer, who has it open") { scene in
            try scene.begin(Scene.goA + #"{"Name":"B","Status":"go"}"#)
            let writer = open(scene.folder.path(of: scene.fileName), O_WRONLY | O_TRUNC | O_CLOEXEC)
            defer { close(writer) }
            func write(_ text: String) { Glibc.write(writer, text, text.utf8.count) }
            try scene.told("stop B", "listed", within: .atOnce) {
                write(#"{"Name":"B","Status":"stop"}{"Name":"A","Sta"#)
            }
            try scene.runGoesOn()
            try scene.watcher.line(within: .seconds(15), "stop A") { $0.head == "stop A" }
            try scene.runEnds("malformed-file", within: .milliseconds(5600), notBefore: .milliseconds(4900))
            try scene.told("go A", within: .settled) {
                write(#"tus":"go"}"#)
                close(writer)
            }
        },
        Row("file-empty", "stop once that has settled") { scene in
            try scene.begin()
            try scene.told("stop A", "unlisted", within: .settled) { try scene.replace(with: "") }
            try scene.runEnds("unlisted", within: .settled)
            try scene.told("go A", within: .settled) { try scene.replace(with: Scene.goA) }
        },
        Row("file-huge", "over 64 MiB: stop once that has settled, and is read twice for it", isHeavy: true) { scene in
            try scene.begin()
            try scene.told("stop A", "malformed-file", within: .seconds(3)) {
                // Of holes, so that it takes no time to write.
                try scene.folder.write("", to: "huge")
                truncate(scene.folder.path(of: "huge"), (64 << 20) + 1)
                try scene.folder.move("huge", to: scene.fileName)
            }
            try scene.runEnds("malformed-file", within: .seconds(3))
            try scene.told("go A", within: .settled) { try scene.replace(with: Scene.goA) }
        },
        Row("file-flapping", "100 times a second: every stop at once, no go meanwhile, in the end stale", isHeavy: true)
        { scene in
            try scene.begin(version(0))
            let isOver = Flag()
            let (folder, name) = (scene.folder, scene.fileName)
            // When a version last stood so long that it may have settled: the machine may hold up whoever flaps.
            let lastPause = Mutex(ContinuousClock.now)
            let flapping = try runThread {
                var (round, written) = (1, ContinuousClock.now)
                while !isOver.isSet {
                    try folder.replace(name, with: version(round))
                    let now = ContinuousClock.now
                    if now - written > .milliseconds(80) { lastPause.withLock { $0 = now } }
                    (round, written) = (round + 1, now)
                    usleep(10_000)
                }
            }
            defer { isOver.set() }
            try scene.told("stop C", "listed", within: .atOnce) {}
            let begin = ContinuousClock.now
            var stale: Duration?
            while stale == nil {
                let line = try scene.watcher.line(within: .stale * 2)
                let pause = lastPause.withLock { $0 }
                guard line.word != "go" || pause > begin else { throw TestFailure("told \(line) while the file flaps") }
                if line.head == "stop A", line["cause"] == "stale" { stale = .now - pause }
            }
            try scene.note("stop A stale", stale!, within: .stale)
            try scene.runEnds("stale", within: .stale * 3)
            try scene.told("go C", within: .settled) {
                isOver.set()
                try flapping.wait()
                try folder.replace(name, with: version(0))
            }
        },
    ]

    /// A file in which A may go, and C in every other version; each is another.
    private static func version(_ number: Int) -> String {
        Scene.goA + #"{"Name":"C","Status":"\#(number.isMultiple(of: 2) ? "go" : "stop")","Reason":"\#(number)"}"#
    }
}
