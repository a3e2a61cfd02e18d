import Foundation
import Synchronization
import Testing

@testable import Resilience

@Suite struct JournalTests {
    struct Broken: Error {}

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func work(_ name: String, _ ids: [String], failing: Set<String> = [], noted: Recorder<String>) -> Work {
        let jobs = ids.map { id in
            Work.Step(id) {
                noted.add(id)
                if failing.contains(id) { throw Broken() }
            }
        }
        return Work(name: name, blocks: [Work.Block("all", jobs: jobs)])
    }

    private func run(_ work: Work, errorLimit: ErrorLimit = .count(0)) async throws -> WorkReport {
        try await WorkRunner(errorLimit: errorLimit, journal: folder.path("journal")).run(work)
    }

    @Test func `a second run goes on where the first stopped`() async throws {
        let first = Recorder<String>()
        await #expect(throws: WorkFailure.self) {
            try await run(work("w", ["a", "b", "c", "d"], failing: ["c"], noted: first))
        }
        #expect(first.all == ["a", "b", "c"])
        let second = Recorder<String>()
        let report = try await run(work("w", ["a", "b", "c", "d", "e"], noted: second))
        #expect(second.all == ["c", "d", "e"])
        #expect("\(report)" == "w: 3 succeeded, 2 skipped")
        let third = Recorder<String>()
        _ = try await run(work("w", ["a", "b", "c", "d", "e"], noted: third))
        #expect(third.all == [])
    }

    @Test func `jobs that are done are not validated again`() async throws {
        _ = try await run(work("w", ["a"], noted: Recorder()))
        let job = Work.Step("a", validate: { throw Broken() }, run: {})
        _ = try await run(Work(name: "w", blocks: [Work.Block("all", jobs: [job])]))
    }

    @Test func `an error limit counts the jobs that are left`() async throws {
        let ids = (0..<10).map { "\($0)" }
        _ = try await run(work("w", Array(ids.prefix(5)), noted: Recorder()))
        await #expect(throws: WorkFailure.self) {
            // A tenth of the five that are left is none.
            try await run(work("w", ids, failing: ["7"], noted: Recorder()), errorLimit: .percentage(10))
        }
    }

    @Test func `names with line ends, percent signs and the like come back as they were`() async throws {
        let ids = ["a\nb", "100 %", "%0A", "tab\t", "é\u{7F}", " spaces ", ""]
        let name = "work\nof %"
        _ = try await run(work(name, ids, noted: Recorder()))
        let second = Recorder<String>()
        _ = try await run(work(name, ids, noted: second))
        #expect(second.all == [])
        #expect(folder.read("journal")?.count { $0 == UInt8(ascii: "\n") } == 1 + ids.count)
    }

    @Test func `cut off at any byte, it holds the whole lines before the cut`() async throws {
        _ = try await run(work("w", ["a", "b", "c"], noted: Recorder()))
        let whole = try #require(folder.read("journal"))
        for length in 0..<whole.count {
            try folder.write("journal", Array(whole[..<length]))
            let noted = Recorder<String>()
            let report = try await run(work("w", ["a", "b", "c"], noted: noted))
            let lines = whole[..<length].count { $0 == UInt8(ascii: "\n") }
            #expect(report.tally.skipped == max(0, lines - 1))
            // Its line may well be there, without its end: it runs again, and the torn line is gone.
            #expect(folder.read("journal") == whole)
        }
    }

    @Test func `the journal of another work is refused and left alone`() async throws {
        _ = try await run(work("theirs", ["a"], noted: Recorder()))
        let before = folder.read("journal")
        let noted = Recorder<String>()
        let failure = await #expect(throws: WorkFailure.self) { try await run(work("ours", ["a"], noted: noted)) }
        #expect(noted.all == [])
        #expect(folder.read("journal") == before)
        let path = folder.path("journal")
        #expect(
            failure?.description
                == "ours: stopped because of the journal: \(path) is the journal of “theirs”: "
                + "give this work a journal of its own (1 not started)")
    }

    @Test(arguments: [
        "precious data\n", "precious data", "work-journal 1 w\nnonsense\n", "work-journal 1 w\ndone %zz\n",
    ])
    func `what is no journal is refused and left alone`(text: String) async throws {
        try folder.write("journal", Array(text.utf8))
        let failure = await #expect(throws: WorkFailure.self) { try await run(work("w", ["a"], noted: Recorder())) }
        guard case .journal(let error)? = failure?.reason, case .malformed = error.code else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(folder.read("journal") == Array(text.utf8))
    }

    @Test(.timeLimit(.minutes(10))) func `a FIFO, a directory and a missing one are refused`() async throws {
        mkfifo(folder.path("fifo"), 0o644)
        for path in [folder.path("fifo"), folder.path, folder.path("none/journal")] {
            let failure = await #expect(throws: WorkFailure.self) {
                try await WorkRunner(journal: path).run(work("w", ["a"], noted: Recorder()))
            }
            guard case .journal? = failure?.reason else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }

    @Test func `two runs at a time cannot share one`() async throws {
        let gate = Gate()
        let slow = Work(
            name: "w", blocks: [Work.Block("all", jobs: [Work.Step("a") { try await gate.pass() }])])
        let path = folder.path("journal")
        let first = Task { try await WorkRunner(journal: path).run(slow) }
        await gate.whenReached(by: 1)
        let failure = await #expect(throws: WorkFailure.self) { try await run(work("w", ["a"], noted: Recorder())) }
        guard case .journal(let error)? = failure?.reason else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(error.code == .inUse)
        gate.open()
        _ = try await first.value
    }

    @Test func `what cannot be recorded stops the work, and the torn line is gone with the next run`() async throws {
        guard let disk = SmallDisk(at: folder.path, size: "4k") else { return }
        defer { disk.unmount() }
        let long = String(repeating: "x", count: 5_000)
        let noted = Recorder<String>()
        let failure = await #expect(throws: WorkFailure.self) {
            try await run(work("w", ["a", long, "b"], noted: noted))
        }
        #expect(noted.all == ["a", long])
        #expect(failure?.report.tally.succeeded == 2)
        guard case .journal(let error)? = failure?.reason else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(error.code == .system)
        #expect(error.description.hasSuffix(": write: No space left on device"))
        let next = Recorder<String>()
        _ = try await run(work("w", ["a", "b"], noted: next))
        #expect(next.all == ["b"])
    }

    @Test(arguments: seeds(50))
    func `any bytes are read or refused, never a crash`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("work-journal 1 w\ndone %0A\u{7F}é".utf8)
        let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? 0
        }
        let header = Bool.random(using: &random) ? Array(JournalText.header(work: "w").utf8) : []
        if let text = try? JournalText(header + bytes, work: "w") {
            #expect(text.length <= header.count + bytes.count)
        }
    }
}
