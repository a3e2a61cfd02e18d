import Glibc
import Synchronization
import TestSupport
import Testing

/// What is done to the stop file again and again and changes nothing in it.
@Suite("A storm around the file", .blocking)
struct StormTests {
    enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case times, mode, opened, touched, replaced, rewritten

        var testDescription: String { rawValue }
    }

    private static let stopA = #"{"Name":"A","Status":"stop"}"#
    private static let goA = #"{"Name":"A","Status":"go"}"#
    private static let goB = #"{"Name":"B","Status":"go"}"#

    @Test("keeps no new entry from taking effect, and makes nothing stale", arguments: Kind.allCases)
    func change(kind: Kind) throws {
        try withSidecar(file: Self.goA, options: ["--settle-time", "200ms", "--poll-interval", "500ms"]) { sidecar in
            try sidecar.awaitStatus("go A")
            let storm = try Storm(kind, on: sidecar.folder, content: Self.goA)
            defer { storm.end() }
            let client = try sidecar.connect()
            // A second without a settled read, and everything would be stopped; what waits for the storm to hold its
            // breath waits in vain.
            try throughout(.milliseconds(2500), "go") { try client.ask("status A").text == "go A\tcause=listed" }
            storm.content.withLock { $0 = Self.goA + Self.goB }
            try sidecar.awaitStatus("go B")
            #expect(try sidecar.information("file-inode") != nil)
        }
    }

    @Test("of one who replaces it by the same does not hide which file is read")
    func provenance() throws {
        try withSidecar(file: Self.goA) { sidecar in
            try sidecar.awaitStatus("go A")
            try sidecar.folder.replace("es.json", with: Self.goA)
            let inode = try #require(sidecar.folder.status(of: "es.json")).inode
            try eventually("the new file") { try sidecar.information("file-inode") == "\(inode)" }
            #expect(try sidecar.connect().askLines("history").filter { $0.word == "change" } == [])
        }
    }

    @Test(
        "of one who closes what he has not written does not release what another has half written",
        arguments: [
            Kind.opened, .touched, .mode, .times,
        ])
    func slowWriter(kind: Kind) throws {
        try withSidecar(file: Self.stopA, options: ["--settle-time", "50ms"]) { sidecar in
            try sidecar.awaitStatus("stop A", cause: "listed")
            let storm = try Storm(kind, on: sidecar.folder, content: Self.stopA)
            defer { storm.end() }
            try eventually("some rounds") { storm.rounds.load(ordering: .relaxed) > 20 }
            let descriptor = open(sidecar.file, O_WRONLY | O_TRUNC | O_CLOEXEC)
            #expect(descriptor >= 0)
            defer { close(descriptor) }
            let client = try sidecar.connect()
            func isStopped() throws -> Bool { try client.ask("status A").head == "stop A" }
            #expect(write(descriptor, Self.goA, Self.goA.utf8.count) == Self.goA.utf8.count)
            // A writer that may be at work has 2.5 s for its next word.
            try throughout(.milliseconds(1500), "stop", isStopped)
            #expect(write(descriptor, Self.stopA, Self.stopA.utf8.count) == Self.stopA.utf8.count)
            try throughout(.milliseconds(500), "stop", isStopped)
        }
    }
}

/// A storm on a thread of its own.
private final class Storm: Sendable {
    /// What the file holds; another content is put in its place at once.
    let content: Mutex<String>
    let rounds = Atomic(0)
    private let isOver = Flag()
    private let thread = Mutex<RunningThread?>(nil)

    init(_ kind: StormTests.Kind, on folder: TemporaryFolder, content: String) throws {
        self.content = Mutex(content)
        let thread = try runThread { [self] in
            var present = content
            while !isOver.isSet {
                let wanted = self.content.withLock { $0 }
                if wanted != present { try folder.replace("es.json", with: wanted) }
                present = wanted
                try Self.blow(kind, folder, present)
                rounds.wrappingAdd(1, ordering: .relaxed)
                usleep(kind == .replaced || kind == .rewritten ? 20_000 : 2_000)
            }
        }
        self.thread.withLock { $0 = thread }
    }

    func end() {
        isOver.set()
        #expect(throws: Never.self) { try thread.withLock { try $0?.wait() } }
    }

    private static func blow(_ kind: StormTests.Kind, _ folder: TemporaryFolder, _ content: String) throws {
        let path = folder.path(of: "es.json")
        switch kind {
        case .times: utimensat(AT_FDCWD, path, nil, 0)
        case .mode: try folder.setMode(0o644, of: "es.json")
        case .opened: close(open(path, O_WRONLY | O_CLOEXEC))
        case .touched:
            close(open(path, O_WRONLY | O_CLOEXEC))
            utimensat(AT_FDCWD, path, nil, 0)
        case .replaced: try folder.replace("es.json", with: content)
        case .rewritten:
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            write(descriptor, content, content.utf8.count)
            close(descriptor)
        }
    }
}
