import EmergencyStopCore
import Testing

@testable import EmergencyStop

@Suite struct `The lease of a connection` {
    @Test func `a first question is answered once a ping that followed it is`() {
        var client = Transcript()
        client.connect(at: 0)
        #expect(client.watch("A", at: 1).sent == ["watch A", "ping 2"])
        #expect(client.at(1.1, "go A\tcause=listed\trev=1\tstopped=0").isEmpty)
        #expect(client.holds("A", at: 1.1) == nil)
        let answered = client.at(1.2, "pong 2\tttl=20000")
        #expect(answered.statuses("A") == [.go])
        // Dated at the question's sending, not at the answer.
        #expect(answered.extensions == [11])
    }

    @Test func `a stop needs no proof of life`() {
        var client = Transcript()
        client.connect(at: 0)
        _ = client.watch("A", at: 1)
        #expect(client.at(1.1, "stop A\tcause=listed\trev=1\tstopped=1").statuses("A") == [.stop])
    }

    @Test func `a pong extends the lease to its ping's sending, not to its arrival`() {
        var client = Transcript.watching("A")
        #expect(client.at(2, .wake).sent == ["ping 3"])
        #expect(client.at(5, "pong 3\tttl=20000").extensions == [12])
        #expect(client.holds("A", at: 11.9) == .go)
        #expect(client.holds("A", at: 12) == .stop)
    }

    @Test func `a pong extends the lease by no more than the sidecar has left of its own`() {
        var client = Transcript.watching("A")
        client.at(8, .wake)
        #expect(client.at(8.1, "pong 3\tttl=4500").extensions == [12.5])
    }

    @Test(arguments: ["pong 3\tttl=0", "pong 3", "pong 3\tttl=soon", "pong 3\tttl=-5"])
    func `a pong of a sidecar without a lease of its own proves nothing`(_ pong: String) {
        var client = Transcript.watching("A")
        client.at(8, .wake)
        #expect(client.at(8.1, pong).isEmpty)
        #expect(client.at(10, .wake).told("A").map(\.cause) == [.unreachable])
    }

    @Test func `a pong does not shorten what an earlier one has proved`() {
        var client = Transcript.watching("A")
        client.at(2, .wake)
        #expect(client.at(2.1, "pong 3\tttl=1000").extensions == [])
        #expect(client.holds("A", at: 9.9) == .go)
    }

    @Test func `a pong to no ping of this connection proves nothing`() {
        var client = Transcript.watching("A")
        #expect(client.at(9, "pong 77\tttl=20000").extensions == [])
        #expect(client.at(9, "pong 2\tttl=20000").extensions == [])
        #expect(client.at(10, "pong x\tttl=20000").statuses("A") == [.stop])
    }

    @Test func `a lapse is told before the pong that came too late, and life after it`() {
        var client = Transcript.watching("A")
        client.at(2, .wake)
        // Frozen from here on: what lay in the buffer is handled first when life returns.
        let late = client.at(13, "pong 3\tttl=20000")
        #expect(late.statuses("A") == [.stop])
        #expect(late.extensions == [])
        #expect(client.at(13.1, "pong 4\tttl=20000").statuses("A") == [.go])
    }

    @Test func `a lapse is told even if the answer that ends it is in time`() {
        var client = Transcript.watching("A")
        client.at(9, .wake)
        let answer = client.at(10.5, "pong 3\tttl=20000")
        #expect(answer.statuses("A") == [.stop, .go])
        #expect(answer.extensions == [19])
    }

    @Test func `a lapse that a reader saw first is told to all before what holds`() {
        var client = Transcript.watching("A")
        client.at(9.9, .wake)
        client.at(9.99, "pong 3\tttl=20000")
        #expect(client.at(9.99, .lapseSeen(WorkflowName(validated: "A"))).statuses("A") == [.stop, .go])
    }

    @Test func `a time that goes back brings no lease to life`() {
        var client = Transcript.watching("A")
        #expect(client.at(10, .wake).statuses("A") == [.stop])
        #expect(client.at(3, "go A\tcause=listed\trev=2\tstopped=0").isEmpty)
    }

    @Test func `a first question is answered stop when its time is over`() {
        var client = Transcript()
        client.at(0, .start)
        _ = client.watch("A", at: 0)
        #expect(client.at(7.9, .wake).told("A") == [])
        let told = client.at(8, .wake).told("A")
        #expect(told.map(\.cause) == [.unreachable])
        #expect(told.first?.reason == "no sidecar at S: is estopd running?")
    }

    @Test func `a lost connection is noted with what is left of the lease, and without one as a stop`() {
        var client = Transcript.watching("A")
        #expect(
            client.notes(4, .closed) == [
                .disconnected(reason: "no sidecar at S: is estopd running?", leaseLeft: .seconds(6))
            ])
        #expect(client.notes(10, .wake) == [.lapsed(names: 1)])
        var other = Transcript()
        other.connect(at: 0)
        #expect(
            other.notes(4, .closed) == [.disconnected(reason: "no sidecar at S: is estopd running?", leaseLeft: nil)])
    }

    @Test func `names that nobody answered for are not covered by a pong`() {
        var client = Transcript.watching("A")
        _ = client.watch("B", at: 1)
        #expect(client.at(1.1, "pong 3\tttl=20000").told("B") == [])
    }
}

extension Transcript {
    /// A client that has been told `go` at second 0 under a lease up to second 10. The next ping is the third.
    static func watching(_ name: String) -> Transcript {
        var client = Transcript()
        client.connect(at: 0)
        _ = client.watch(name, at: 0)
        client.at(0, "go \(name)\tcause=listed\trev=5\tstopped=0")
        client.at(0, "pong 2\tttl=20000")
        return client
    }
}
