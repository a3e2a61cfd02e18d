import EmergencyStopCore
import Testing

@testable import EmergencyStop

@Suite struct `Questions and registrations` {
    let run = RunID(high: 1, low: 2)
    let name = WorkflowName(validated: "A")

    @Test func `many questions at once share their pings`() {
        var client = Transcript()
        client.connect(at: 0)
        #expect(client.watch("A", at: 1).sent == ["watch A", "ping 2"])
        for other in ["B", "C", "D"] { #expect(client.watch(other, at: 1).sent == ["watch \(other)"]) }
        for other in ["A", "B", "C", "D"] { client.at(1.1, "go \(other)\tcause=listed\trev=1\tstopped=0") }
        let first = client.at(1.2, "pong 2\tttl=20000")
        #expect(first.sent == ["ping 3"])
        #expect(Set(first.extensions) == [11])
    }

    @Test func `a run may start when its registration was answered go`() {
        var client = Transcript.watching("A")
        #expect(client.at(1, .enter(run, name)).sent.first?.hasPrefix("enter A\trun=") == true)
        client.at(1.1, "go A\tcause=listed\trev=5\tstopped=0")
        let answered = client.at(1.2, "pong 3\tttl=20000")
        #expect(answered.entered == [.go])
    }

    @Test func `a ping that was sent before the registration does not confirm it`() {
        var client = Transcript.watching("A")
        client.at(2, .wake)
        client.at(2.1, .enter(run, name))
        #expect(client.at(2.2, "pong 3\tttl=20000").entered == [])
        #expect(client.at(2.3, "pong 4\tttl=20000").entered == [.go])
    }

    @Test func `a pong that proves nothing confirms no registration`() {
        var client = Transcript.watching("A")
        client.at(1, .enter(run, name))
        #expect(client.at(1.2, "pong 3\tttl=0").entered == [])
    }

    @Test func `a registration that is refused stops the run`() {
        var client = Transcript.watching("A")
        client.at(1, .enter(run, name))
        let actions = client.at(1.1, "error enter A\texpected=fewer runs")
        guard case .refused(run, let report)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(report.status == .stop)
        #expect(report.reason?.contains("fewer runs") == true)
    }

    @Test func `answers for a name that was let go are not taken for answers to asking again`() {
        var client = Transcript.watching("A")
        #expect(client.at(1, .forget(name)).sent == ["unwatch A"])
        _ = client.watch("A", at: 1.1)
        // Sent before the sidecar had read `unwatch`, and by now perhaps no longer true.
        #expect(client.at(1.2, "go A\tcause=listed\trev=6\tstopped=0").isEmpty)
        client.at(1.3, "unwatched A")
        #expect(client.at(1.4, "pong 3\tttl=20000").told("A") == [])
        #expect(client.at(1.5, "stop A\tcause=listed\trev=7\tstopped=7").statuses("A") == [.stop])
    }

    @Test(arguments: [
        "go A\tcause=moon-phase", "go A", "go A\tcause=pattern", "pause A\tcause=moon-phase",
    ])
    func `what cannot be understood whole is a stop`(_ line: String) {
        var client = Transcript.watching("A")
        #expect(client.at(1, line).statuses("A") == [.stop])
    }

    @Test(arguments: ["gone A\tcause=listed", "GO A\tcause=listed", "", "go", "maybe A", "\t\t", "stopgo A"])
    func `what is no status line changes nothing`(_ line: String) {
        var client = Transcript.watching("A")
        #expect(client.at(1, line).isEmpty)
        #expect(client.holds("A", at: 1) == .go)
    }

    @Test func `a pattern is never go`() {
        var client = Transcript()
        client.connect(at: 0)
        _ = client.watch("A*", at: 0)
        #expect(client.at(0, "go A*\tcause=listed\trev=1\tstopped=0").statuses("A*") == [.stop])
    }

    @Test func `after the end everything is stop, and what runs may sign off`() {
        var client = Transcript.watching("A")
        client.at(1, .enter(run, name))
        client.at(1.1, "pong 3\tttl=20000")
        #expect(client.at(2, .shutDown).told("A").map(\.cause) == [.notRunning])
        #expect(client.at(2.1, "go A\tcause=listed\trev=6\tstopped=0").told("A") == [])
        #expect(client.at(2.2, .leave(run)).sent.first?.hasPrefix("leave A\t") == true)
        let line = "left A\trun=\(run)"
        #expect(client.at(2.3, line) == [.close, .finished])
        #expect(client.machine.nextWake == nil)
    }

    @Test func `a run that does not end is not waited for longer than a second`() {
        var client = Transcript.watching("A")
        client.at(1, .enter(run, name))
        client.at(2, .shutDown)
        #expect(!client.at(2.9, .wake).contains(.finished))
        #expect(client.at(3, .wake).contains(.finished))
    }
}

extension [ConnectionStateMachine.Action] {
    /// Under which statuses runs were registered.
    var entered: [WorkflowStatus] {
        compactMap { if case .entered(_, let report) = $0 { report.status } else { nil } }
    }
}
