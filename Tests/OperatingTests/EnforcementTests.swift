import EmergencyStop
import EmergencyStopCore
import Testing

@testable import Operating

@Suite("Whether an edit is in force")
struct EnforcementTests {
    private let name = WorkflowName(validated: "A")
    private let mark = Enforcement.Mark(by: "me", at: "now")

    private func status(
        _ status: WorkflowStatus, _ cause: StopCause = .listed, of name: String = "A", pattern: String? = nil,
        by: String? = nil, at: String? = nil
    ) -> ServerLine.Status {
        ServerLine.Status(
            name: WorkflowName(validated: name),
            report: StatusReport(name: name, status: status, cause: cause, pattern: pattern, by: by, at: at)
        )
    }

    private func enforcement(_ status: WorkflowStatus, mark: Enforcement.Mark?) -> (Enforcement, Enforcement.Goal) {
        let goal = Enforcement.Goal(name: name, status: status, mark: mark)
        return (Enforcement([goal]), goal)
    }

    @Test("a stop is in force once a line shows the very entry that was written")
    func stop() {
        var (enforcement, goal) = enforcement(.stop, mark: mark)
        #expect(enforcement.state(of: goal) == .pending)
        enforcement.note(status(.go))
        #expect(enforcement.state(of: goal) == .pending)
        // Another's stop, which may be lifted again at any moment.
        enforcement.note(status(.stop, by: "you", at: "then"))
        #expect(enforcement.state(of: goal) == .pending)
        enforcement.note(status(.stop, by: "me", at: "now"))
        #expect(enforcement.state(of: goal) == .inForce)
        #expect(enforcement.isDecided)
    }

    @Test("a stop that was in the file already is in force once the file has settled: until then it may be another's")
    func already() {
        var (enforcement, goal) = enforcement(.stop, mark: nil)
        enforcement.note(status(.stop, by: "you", at: "then"))
        #expect(enforcement.state(of: goal) == .pending)
        enforcement.noteSettled()
        #expect(enforcement.state(of: goal) == .inForce)
    }

    @Test("go is in force only once the file has settled")
    func go() {
        var (enforcement, goal) = enforcement(.go, mark: mark)
        enforcement.note(status(.go, by: "me", at: "now"))
        #expect(enforcement.state(of: goal) == .pending)
        enforcement.noteSettled()
        #expect(enforcement.state(of: goal) == .inForce)
    }

    @Test("go that a pattern restrains is something else")
    func restrained() {
        var (enforcement, goal) = enforcement(.go, mark: mark)
        enforcement.note(status(.stop, .pattern, pattern: "*"))
        enforcement.noteSettled()
        #expect(enforcement.state(of: goal) == .otherwise)
    }

    @Test("pause where a pattern stops is something else, for nothing pauses")
    func pauseUnderStop() {
        var (enforcement, goal) = enforcement(.pause, mark: mark)
        enforcement.note(status(.stop, .pattern, pattern: "*"))
        #expect(enforcement.state(of: goal) == .pending)
        enforcement.noteSettled()
        #expect(enforcement.state(of: goal) == .otherwise)
    }

    @Test("a new pattern is in force as soon as a name that it matches shows it")
    func witness() {
        let goal = Enforcement.Goal(
            name: WorkflowName(validated: "A*"), status: .stop, mark: mark, witness: WorkflowName(validated: "AB")
        )
        var enforcement = Enforcement([goal])
        enforcement.note(status(.stop, .unlisted, of: "A*"))
        enforcement.note(status(.go, of: "AB"))
        #expect(enforcement.state(of: goal) == .pending)
        enforcement.note(status(.stop, .pattern, of: "AB", pattern: "A*", by: "me", at: "now"))
        #expect(enforcement.state(of: goal) == .inForce)
    }

    @Test("the stop of a pattern that another has taken out again stops nothing, though its own line says stop")
    func lostPattern() {
        let goal = Enforcement.Goal(name: WorkflowName(validated: "A*"), status: .stop, mark: mark)
        var enforcement = Enforcement([goal])
        enforcement.note(status(.stop, .unlisted, of: "A*"))
        enforcement.noteSettled()
        #expect(enforcement.state(of: goal) == .otherwise)
        enforcement.note(status(.stop, .listed, of: "A*", pattern: "A*"))
        #expect(enforcement.state(of: goal) == .inForce)
    }

    @Test("a pattern is released when its own name is unlisted, or another pattern's")
    func releasedPattern() {
        let goal = Enforcement.Goal(name: WorkflowName(validated: "A*"), status: .go, mark: mark)
        var enforcement = Enforcement([goal])
        enforcement.note(status(.stop, .pattern, of: "A*", pattern: "A*"))
        enforcement.noteSettled()
        #expect(enforcement.state(of: goal) == .otherwise)
        enforcement.note(status(.stop, .unlisted, of: "A*"))
        #expect(enforcement.state(of: goal) == .inForce)
        enforcement.note(status(.stop, .pattern, of: "A*", pattern: "*"))
        #expect(enforcement.state(of: goal) == .inForce)
        enforcement.note(status(.stop, .malformedFile, of: "A*"))
        #expect(enforcement.state(of: goal) == .otherwise)
    }

    @Test("what nobody serves is never in force")
    func silence() {
        var (enforcement, goal) = enforcement(.stop, mark: nil)
        enforcement.noteSettled()
        #expect(enforcement.state(of: goal) == .pending)
    }
}
