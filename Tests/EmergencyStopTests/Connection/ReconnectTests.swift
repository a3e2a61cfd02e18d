import EmergencyStopCore
import Testing

@testable import EmergencyStop

@Suite struct `A reconnect` {
    @Test func `what was known holds until the lease ends`() {
        var client = Transcript.watching("A")
        #expect(client.at(1, .closed).isEmpty)
        #expect(client.holds("A", at: 9.9) == .go)
        #expect(client.at(10, .wake).told("A").map(\.cause) == [.unreachable])
    }

    @Test func `everything is asked for again, and nobody notices`() {
        var client = Transcript.watching("A")
        let run = RunID(high: 0, low: 7)
        client.at(0.1, .enter(run, WorkflowName(validated: "A")))
        client.at(0.2, "pong 3\tttl=20000")
        client.at(1, .closed)
        #expect(client.at(1.1, .wake) == [.connect])
        #expect(
            client.open(at: 1.2).sent == [
                "hello 1", "watch A", "enter A\trun=00000000000000000000000000000007\tage=1100", "ping 1",
            ])
        #expect(client.at(1.3, "go A\tcause=listed\trev=5\tstopped=0").isEmpty)
        let answered = client.at(1.4, "pong 1\tttl=20000")
        #expect(answered.told("A") == [])
        #expect(answered.extensions == [11.2])
        #expect(!answered.contains { if case .entered = $0 { true } else { false } })
    }

    @Test func `a run says how long it has been going on since it was registered first, and none that was not`() {
        var client = Transcript.watching("A")
        client.at(0.1, .enter(RunID(high: 0, low: 7), WorkflowName(validated: "A")))
        client.at(0.2, "pong 3\tttl=20000")
        client.at(3, .enter(RunID(high: 0, low: 8), WorkflowName(validated: "A")))
        func entered(_ client: inout Transcript, closedAt time: Double) -> Set<String> {
            client.at(time, .closed)
            client.at(time + 1, .wake)
            let sent = client.open(at: time + 1).sent.filter { $0.hasPrefix("enter") }
            return Set(sent.map { $0.replacing("\t", with: " ").suffix(11).description })
        }
        #expect(entered(&client, closedAt: 3.5) == ["07 age=4400", "00000000008"])
        client.at(4.6, "pong 1\tttl=20000")
        #expect(entered(&client, closedAt: 5) == ["07 age=5900", "08 age=1500"])
        // That it was not confirmed again makes it no younger.
        #expect(entered(&client, closedAt: 7) == ["07 age=7900", "08 age=3500"])
    }

    @Test func `a stop that came and went meanwhile is told first`() {
        var client = Transcript.watching("A")
        client.reconnect(at: 1)
        #expect(client.at(1.3, "go A\tcause=listed\trev=9\tstopped=7").statuses("A") == [.stop])
        #expect(client.holds("A", at: 1.3) == .stop)
        #expect(client.at(1.4, "pong 1\tttl=20000").statuses("A") == [.go])
    }

    @Test func `a stop that was told before is not told again`() {
        var client = Transcript.watching("A")
        client.at(0.1, "stop A\tcause=listed\trev=7\tstopped=7")
        client.at(0.2, "go A\tcause=listed\trev=8\tstopped=7")
        client.reconnect(at: 1)
        client.at(1.3, "go A\tcause=listed\trev=8\tstopped=7")
        #expect(client.at(1.4, "pong 1\tttl=20000").told("A") == [])
    }

    @Test func `in another life of the sidecar a stop since its start is one that was missed`() {
        var client = Transcript.watching("A")
        client.reconnect(at: 1, instance: "two")
        #expect(client.at(1.3, "go A\tcause=listed\trev=3\tstopped=2").statuses("A") == [.stop])
    }

    @Test func `in another life of the sidecar without a stop nobody is stopped`() {
        var client = Transcript.watching("A")
        client.reconnect(at: 1, instance: "two")
        #expect(client.at(1.3, "go A\tcause=listed\trev=1\tstopped=0").isEmpty)
        #expect(client.at(1.4, "pong 1\tttl=20000").told("A") == [])
    }

    @Test func `a sidecar that tells no revisions may have had a stop`() {
        var client = Transcript.watching("A")
        client.reconnect(at: 1)
        #expect(client.at(1.3, "go A\tcause=listed").statuses("A") == [.stop])
    }

    @Test func `a restraint is told at once, a permission after the proof of life`() {
        var client = Transcript.watching("A")
        client.reconnect(at: 1)
        #expect(client.at(1.3, "pause A\tcause=listed\trev=6\tstopped=0").statuses("A") == [.pause])
        client.at(1.4, "pong 1\tttl=20000")
        client.reconnect(at: 2)
        #expect(client.at(2.3, "go A\tcause=listed\trev=7\tstopped=0").isEmpty)
        #expect(client.at(2.4, "pong 1\tttl=20000").statuses("A") == [.go])
    }

    @Test func `a refused watch does not live on as an old go`() {
        var client = Transcript.watching("A")
        client.reconnect(at: 1)
        let refused = client.at(1.3, "error watch A\texpected=fewer watches")
        #expect(refused.told("A").map(\.cause) == [.unreachable])
        #expect(refused.told("A").first?.reason?.contains("fewer watches") == true)
        #expect(client.at(1.4, "pong 1\tttl=20000").told("A") == [])
        #expect(client.holds("A", at: 1.4) == .stop)
        // It is tried again, and heals.
        for time in [3.4, 5.4, 7.4, 9.4] { #expect(!client.at(time, .wake).sent.contains("watch A")) }
        #expect(client.at(11.4, .wake).sent.contains("watch A"))
        client.at(11.5, "go A\tcause=listed\trev=6\tstopped=0")
        #expect(client.at(11.6, "pong 6\tttl=20000").statuses("A") == [.go])
    }

    @Test func `runs that ended meanwhile are signed off`() {
        var client = Transcript.watching("A")
        let run = RunID(high: 0, low: 7)
        client.at(0.1, .enter(run, WorkflowName(validated: "A")))
        client.at(0.2, "pong 3\tttl=20000")
        client.at(1, .closed)
        client.at(1.01, .leave(run))
        client.at(1.1, .wake)
        let line = "leave A\trun=00000000000000000000000000000007"
        #expect(client.open(at: 1.2).sent == ["hello 1", "watch A", line, "ping 1"])
        // Until the sidecar has confirmed it.
        client.at(1.3, .closed)
        client.at(1.5, .wake)
        #expect(client.open(at: 1.5).sent.contains(line))
        client.at(1.6, "left A\trun=00000000000000000000000000000007")
        client.at(1.7, .closed)
        client.at(2, .wake)
        #expect(!client.open(at: 2).sent.contains(line))
    }

    @Test func `a socket of a stranger is no sidecar`() {
        var client = Transcript()
        client.at(0, .start)
        _ = client.watch("A", at: 0)
        let actions = client.at(0, .connected(.init(userID: 1234, isTrusted: false)))
        #expect(actions == [.settleAttempt(.failure), .close])
        #expect(client.at(0.05, "go A\tcause=listed").isEmpty)
        #expect(client.at(8, .wake).told("A").first?.reason?.contains("belongs to user 1234") == true)
    }

    @Test func `a full backlog is no failure, a refusal is, and a first pong is the success`() {
        var client = Transcript()
        client.at(0, .start)
        #expect(client.at(0, .connectFailed(.busy)) == [.settleAttempt(.neutral)])
        #expect(client.at(0.1, .wake) == [.connect])
        #expect(client.at(0.1, .connectFailed(.refused("gone"))) == [.settleAttempt(.failure)])
        #expect(client.at(0.3, .wake) == [.connect])
        #expect(!client.open(at: 0.3).contains(.settleAttempt(.success)))
        #expect(client.at(0.4, "pong 1\tttl=20000") == [.settleAttempt(.success)])
        #expect(client.at(0.5, .closed).isEmpty)
        #expect(client.at(0.6, .wake) == [.connect])
    }

    @Test func `a rejection by the breaker is waited out`() {
        var client = Transcript()
        client.at(0, .start)
        client.at(0, .attemptRejected(retryAfter: .seconds(1)))
        #expect(client.at(1.09, .wake).isEmpty)
        #expect(client.at(1.1, .wake) == [.connect])
    }

    @Test func `a connection that says nothing is given up`() {
        var client = Transcript()
        client.at(0, .start)
        client.open(at: 0)
        for time in stride(from: 2.0, to: 30, by: 2) { #expect(!client.at(time, .wake).contains(.close)) }
        #expect(client.at(30, .wake) == [.close, .settleAttempt(.failure)])
    }
}

extension Transcript {
    /// Loses the connection and gets another, on which nothing but `hello` is answered yet.
    mutating func reconnect(at time: Double, instance: String = "one") {
        at(time, .closed)
        at(time + 0.1, .wake)
        open(at: time + 0.2, instance: instance)
    }
}
