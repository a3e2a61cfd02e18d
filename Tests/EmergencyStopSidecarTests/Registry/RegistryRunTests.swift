import EmergencyStop
import EmergencyStopSidecar
import Testing

@Suite("Runs in the registry")
struct RegistryRunTests {
    private let name = WorkflowName(validated: "Sat1")
    private let peer = Peer(pid: 10, uid: 1000, gid: 1000)
    private let id = RunID(high: 1, low: 2)

    @Test("are lost with their connection, gone with their process")
    func lost() throws {
        let story = RegistryTranscript()
        let connection = TestWatcher(story)
        try story.registry.enter(id, of: name, by: peer, on: ObjectIdentifier(connection), since: story.time)
        #expect(story.registry.runs(of: name) == 1)
        story.registry.connectionClosed(ObjectIdentifier(connection), runs: [id])
        #expect(story.registry.runs(matching: nil).map(\.isLost) == [true])
        #expect(story.registry.reapLostRuns())
        story.processes.gone = [10]
        #expect(!story.registry.reapLostRuns())
        #expect(story.registry.runs(matching: nil).isEmpty)
        #expect(story.registry.runs(of: name) == 0)
    }

    @Test("are gone only with the last of those processes that stand for them")
    func ancestors() throws {
        let story = RegistryTranscript()
        let connection = TestWatcher(story)
        try story.registry.enter(
            id, of: name, by: peer, parents: 2, on: ObjectIdentifier(connection), since: story.time)
        story.processes.gone = [10]
        story.registry.connectionClosed(ObjectIdentifier(connection), runs: [id])
        #expect(story.registry.runs(matching: nil).map(\.isLost) == [true])
        story.processes.gone = [10, 8]
        #expect(story.registry.reapLostRuns())
        story.processes.gone = [10, 9, 8]
        #expect(!story.registry.reapLostRuns())
        #expect(story.registry.runs(of: name) == 0)
    }

    @Test("entered again on another connection stay when the first one closes")
    func enteredAgain() throws {
        let story = RegistryTranscript()
        let (first, second) = (TestWatcher(story), TestWatcher(story))
        try story.registry.enter(id, of: name, by: peer, on: ObjectIdentifier(first), since: story.time)
        try story.registry.enter(id, of: name, by: peer, on: ObjectIdentifier(second), since: story.time)
        #expect(story.registry.runs(of: name) == 1)
        story.registry.connectionClosed(ObjectIdentifier(first), runs: [id])
        #expect(story.registry.runs(matching: nil).map(\.isLost) == [false])
    }

    @Test("entered again run since they did before, and belong to the process that entered them last")
    func enteredByAnotherProcess() throws {
        let story = RegistryTranscript()
        let connection = TestWatcher(story)
        let owner = ObjectIdentifier(connection)
        let begin = Timestamp(seconds: 1000, nanoseconds: 0)
        try story.registry.enter(id, of: name, by: peer, on: owner, since: begin)
        try story.registry.enter(id, of: name, by: Peer(pid: 11, uid: 1000, gid: 1000), on: owner, since: story.time)
        story.processes.gone = [10]
        story.registry.connectionClosed(owner, runs: [id])
        let run = try #require(story.registry.runs(matching: nil).first)
        #expect(run.process.peer.pid == 11)
        #expect(run.since == begin)
        story.processes.gone = [11]
        #expect(story.registry.runs(matching: nil).isEmpty)
    }

    @Test(
        "of so long ago began then",
        arguments: [
            (0, 1000, 250), (1, 1000, 249), (250, 1000, 0), (251, 999, 999), (2000, 998, 250),
            (86_400_251, -85_401, 999),
        ])
    func before(age: Int, seconds: Int, milliseconds: Int) {
        let now = Timestamp(seconds: 1000, nanoseconds: 250_000_000)
        #expect(
            now.before(.milliseconds(age)) == Timestamp(seconds: seconds, nanoseconds: milliseconds * 1_000_000))
    }

    @Test("belong to their user and to root, and to one workflow")
    func refusals() throws {
        let story = RegistryTranscript()
        let connection = TestWatcher(story)
        let (owner, registry) = (ObjectIdentifier(connection), story.registry)
        try registry.enter(id, of: name, by: peer, on: owner, since: story.time)
        let stranger = Peer(pid: 11, uid: 1001, gid: 1000)
        #expect(throws: Registry.RunRefusal.foreign) { try registry.leave(id, of: name, by: stranger) }
        #expect(throws: Registry.RunRefusal.foreign) {
            try registry.enter(id, of: name, by: stranger, on: owner, since: story.time)
        }
        let other = WorkflowName(validated: "Other")
        #expect(throws: Registry.RunRefusal.otherName(name)) { try registry.leave(id, of: other, by: peer) }
        #expect(registry.runs(of: name) == 1)
        try registry.leave(id, of: name, by: Peer(pid: 12, uid: 0, gid: 0))
        #expect(registry.runs(of: name) == 0)
        try registry.leave(id, of: name, by: peer)
    }

    @Test("are found by name and by pattern, the oldest first")
    func matching() throws {
        let story = RegistryTranscript()
        let connection = TestWatcher(story)
        for (number, name) in ["Sat2", "Router", "Sat1", "Sat*"].enumerated() {
            story.now = number * 1000
            try story.registry.enter(
                RunID(high: 0, low: UInt64(number)), of: WorkflowName(validated: name), by: peer,
                on: ObjectIdentifier(connection), since: story.time
            )
        }
        func names(_ pattern: String) -> [String] {
            story.registry.runs(matching: WorkflowName(validated: pattern)).map(\.name.text)
        }
        #expect(names("Sat*") == ["Sat2", "Sat1", "Sat*"])
        #expect(names("*").count == 4)
        #expect(names("Sat") == [])
        #expect(names("Router") == ["Router"])
        #expect(story.registry.runCounts().map(\.0.text) == ["Router", "Sat*", "Sat1", "Sat2"])
    }
}
