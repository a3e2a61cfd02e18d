import EmergencyStopCore
import Resilience
import TestSupport
import Testing

@testable import Operating

@Suite("An update of the stop file")
struct StopFileUpdateTests {
    private static let running = WorkflowName(validated: "Running")

    private func update(_ path: String, _ status: WorkflowStatus, _ name: String) -> StopFileUpdate {
        let request = EditRequest(names: [WorkflowName(validated: name)], status: status, by: "me", at: "now")
        return StopFileUpdate(path: path, request: request, files: [])
    }

    private func isLocked(_ path: String) -> Bool {
        ReplacementLock(of: path, patience: .zero, until: .now, onlyLooks: true).outcome == .busy
    }

    private func withFile(_ body: (String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try folder.write(#"{"Name":"Listed","Status":"go"}"# + "\n", to: "es.json")
            try body(folder.path(of: "es.json"))
        }
    }

    @Test("asks who runs what only where that decides, and never under the file's lock: a sidecar may hang")
    func asking() throws {
        try withFile { path in
            for (status, name) in [(WorkflowStatus.stop, "Listed"), (.go, "Listed"), (.stop, "*"), (.pause, "L*")] {
                _ = try update(path, status, name).perform {
                    Issue.record("asked for \(status) \(name)")
                    return nil
                }
            }
            var answers: [Bool] = []
            let result = try update(path, .stop, "Running").perform {
                answers.append(isLocked(path))
                return [Self.running: .init(watchers: 0, runs: 1)]
            }
            #expect(answers == [false])
            #expect(result.changed == [Self.running])
        }
    }

    @Test("the lock is seen by who looks for it while another holds it")
    func lookingForTheLock() throws {
        try withFile { path in
            let held = ReplacementLock(of: path, patience: .seconds(1), until: .now + .seconds(1))
            #expect(held.outcome == .held)
            #expect(isLocked(path))
            withExtendedLifetime(held) {}
        }
    }

    @Test("an answer holds for the attempts that follow, on what the file says then")
    func changedWhileAsking() throws {
        try withFile { path in
            let result = try update(path, .stop, "Running").perform {
                _ = try? DesiredFile(path: path, contents: #"{"Name":"Other","Status":"go"}"#.utf8).apply()
                return [Self.running: .init(watchers: 0, runs: 1)]
            }
            #expect(result.before.entry(WorkflowName(validated: "Other")) != nil)
            #expect(result.after.entry(Self.running)?.status == .stop)
        }
    }
}
