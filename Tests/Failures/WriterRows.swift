internal import Glibc
internal import Synchronization
internal import TestSupport

/// How people and programs write files.
private enum WayOfWriting: String, CaseIterable {
    case rewrite, append, rename, halves, editor

    var expectation: String {
        switch self {
        case .rewrite: "truncated and written anew in pieces"
        case .append: "appended to, in two pieces, and now and then made short again"
        case .rename: "written beside and renamed over"
        case .halves: "truncated and written in halves, half a second apart"
        case .editor: "moved aside, written anew, flushed, as an editor does"
        }
    }
}

extension Row {
    static let writers = WayOfWriting.allCases.map { way in
        Row(
            "writer-\(way.rawValue)",
            "\(way.expectation), for a minute (6 s unless --long): no go that no version allows, no stop that all rule out"
        ) { scene in
            try scene.begin(version(0))
            let desk = Desk(scene, way)
            let end = ContinuousClock.now + .seconds(scene.isLong ? 60 : 6)
            var told: [String: Int] = [:]
            let isOver = Flag()
            let readers = try (0..<3).map { _ in try scene.sidecar.connect() }
            for reader in readers { for name in ["A", "B", "C"] { _ = try reader.ask("watch \(name)") } }
            let writer = try runThread {
                defer { isOver.set() }
                while ContinuousClock.now < end { try desk.writeNext() }
            }
            while !isOver.isSet {
                for reader in readers {
                    for line in try reader.linesDue() {
                        told[line.head, default: 0] += 1
                        // A may go in every version, and is their last entry; B may in none, which their last says.
                        guard line.head != "go B", line.head != "stop A" else {
                            throw TestFailure("told \(line) at version \(desk.count)")
                        }
                    }
                }
                usleep(500)
            }
            try writer.wait()
            try scene.runGoesOn()
            // Then it says what the last version says.
            let last = desk.count.isMultiple(of: 2) ? "go" : "stop"
            let begin = ContinuousClock.now
            try eventually("\(last) C") { try scene.sidecar.status("C").word == last }
            try scene.note("\(desk.count) versions, at the last", .now - begin, within: .settled)
            guard told["stop C", default: 0] > 3 else { throw TestFailure("told only \(told)") }
            scene.note(
                "told \(told.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
        }
    }

    /// A file in which A may always go, B never, and C by turns. Cut off before its end it is without A, and lets B go.
    fileprivate static func version(_ number: Int) -> String {
        let filler = (0..<200).map { #"{"Name":"w\#($0)","Status":"go","Reason":"\#(number)"}"# }.joined(
            separator: "\n")
        return #"{"Name":"B","Status":"go"}"# + "\n"
            + #"{"Name":"C","Status":"\#(number.isMultiple(of: 2) ? "go" : "stop")"}"# + "\n" + filler + "\n"
            + #"{"Name":"B*","Status":"stop"}"# + "\n" + Scene.goA + "\n"
    }
}

/// One who writes version after version.
private final class Desk: Sendable {
    private let folder: TemporaryFolder
    private let name: String
    private let way: WayOfWriting
    private let number = Atomic(0)

    init(_ scene: Scene, _ way: WayOfWriting) {
        folder = scene.folder
        name = scene.fileName
        self.way = way
    }

    var count: Int { number.load(ordering: .relaxed) }

    func writeNext() throws {
        let next = count + 1
        let text = Row.version(next)
        let path = folder.path(of: name)
        switch way {
        case .rewrite:
            try write(text, O_TRUNC, pieces: 20, pause: 1000)
        case .append:
            // The least that is said of a name holds: a release is a shorter file.
            if next.isMultiple(of: 2) {
                try folder.replace(name, with: text)
            } else {
                try write(#"{"Name":"C","Status":"stop"}"# + "\n", O_APPEND, pieces: 2, pause: 20_000)
            }
        case .rename:
            try folder.replace(name, with: text)
        case .halves:
            try write(text, O_TRUNC, pieces: 2, pause: 500_000)
        case .editor:
            try folder.move(name, to: name + "~")
            let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            defer { close(file) }
            Glibc.write(file, text, text.utf8.count)
            fsync(file)
            unlink(path + "~")
        }
        number.store(next, ordering: .relaxed)
        // Now and then for so long that it settles.
        usleep(next.isMultiple(of: 4) ? 400_000 : 20_000)
    }

    private func write(_ text: String, _ flags: CInt, pieces: Int, pause: UInt32) throws {
        let file = open(folder.path(of: name), O_WRONLY | O_CLOEXEC | flags)
        guard file >= 0 else { throw TestFailure(systemCall: "open") }
        defer { close(file) }
        let bytes = Array(text.utf8)
        let size = (bytes.count + pieces - 1) / pieces
        for start in stride(from: 0, to: bytes.count, by: size) {
            if start > 0 { usleep(pause) }
            let piece = bytes[start..<min(start + size, bytes.count)]
            _ = piece.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        }
    }
}
