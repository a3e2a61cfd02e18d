import EmergencyStopCore
import EmergencyStopServing
import Testing

@Suite("Runs")
struct RunTests {
    private let name = WorkflowName(validated: "Sat1")

    private func id(_ digit: Int) -> String { String(repeating: "\(digit)", count: 32) }

    /// The words `NAME lost`, where it is, of each run.
    private func runs(_ client: ServingClient, _ pattern: String = "") -> [String] {
        client.say("ps \(pattern)").dropLast().map { line in
            let name = line.dropFirst("run ".count).prefix { $0 != "\t" }
            return name + (line.hasSuffix("lost=yes") ? " lost" : "")
        }
    }

    @Test("are lost with their connection, gone with their process")
    func lost() {
        let story = ServingTranscript()
        let (client, other) = (story.connect(), story.connect())
        client.say("enter Sat1\trun=\(id(1))")
        #expect(runs(other) == ["Sat1"])
        client.close()
        #expect(runs(other) == ["Sat1 lost"])
        #expect(story.hasLostRuns)
        story.gone = [10]
        #expect(runs(other).isEmpty)
        #expect(!story.hasLostRuns)
        #expect(story.registry.runs(of: name) == 0)
    }

    @Test("are gone only with the last of those processes that stand for them")
    func ancestors() {
        let story = ServingTranscript()
        let (client, other) = (story.connect(), story.connect())
        client.say("enter Sat1\trun=\(id(1))\tparents=2")
        story.gone = [10]
        client.close()
        #expect(runs(other) == ["Sat1 lost"])
        story.gone = [10, 8]
        #expect(runs(other) == ["Sat1 lost"])
        story.gone = [10, 9, 8]
        #expect(runs(other).isEmpty)
    }

    @Test("that are lost are looked at some at a time, each in its turn")
    func lookInTurns() {
        let story = ServingTranscript()
        for pid in 0..<10 {
            let client = story.connect(pid: Int32(100 + pid))
            client.say("enter Sat1\trun=\(id(pid))")
            client.close()
        }
        var looked: [Int32] = []
        for _ in 0..<5 {
            story.registry.lookAtLostRuns(4) { process in
                looked.append(process.peer.pid)
                return process.peer.pid == 105
            }
        }
        #expect(Set(looked.prefix(10)) == Set((100..<110).map { Int32($0) }))
        #expect(looked.filter { $0 == 105 }.count == 1)
        #expect(story.registry.runs(of: name) == 9)
    }

    @Test("that were stopped are shown so until they leave, whatever their name is set to since")
    func stopped() {
        let story = ServingTranscript()
        let (client, other) = (story.connect(), story.connect())
        func statuses() -> [Substring] {
            other.say("ps").dropLast().compactMap { line in
                line.split(separator: "\t").first { $0.hasPrefix("status=") }?.dropFirst("status=".count)
            }
        }
        story.settle(["Sat1": .go])
        client.say("enter Sat1\trun=\(id(1))")
        story.settle(["Sat1": .pause])
        #expect(statuses() == ["pause"])
        story.settle(["Sat1": .stop])
        story.settle(["Sat1": .go])
        client.say("enter Sat1\trun=\(id(2))")
        #expect(statuses() == ["stop", "go"])
        // A stop that came and went before it was served stops as well.
        story.settleUnheard(["Sat1": .stop])
        story.settleUnheard(["Sat1": .go])
        story.deliver()
        client.say("enter Sat1\trun=\(id(3))")
        #expect(statuses() == ["stop", "stop", "go"])
        // Entered again, it is the run that it was; entered while its name is stopped, it is stopped.
        other.say("enter Sat1\trun=\(id(1))")
        #expect(statuses() == ["stop", "stop", "go"])
        story.settle(["Sat1": .stop])
        client.say("enter Sat1\trun=\(id(4))")
        story.settle(["Sat1": .go])
        #expect(statuses() == ["stop", "stop", "stop", "stop"])
        for run in 1...4 { client.say("leave Sat1\trun=\(id(run))") }
        client.say("enter Sat1\trun=\(id(1))")
        #expect(statuses() == ["go"])
    }

    @Test("entered again on another connection stay when the first one closes")
    func enteredAgain() {
        let story = ServingTranscript()
        let (first, second) = (story.connect(), story.connect())
        first.say("enter Sat1\trun=\(id(1))")
        second.say("enter Sat1\trun=\(id(1))")
        #expect(story.registry.runs(of: name) == 1)
        first.close()
        #expect(runs(second) == ["Sat1"])
    }

    @Test("entered again run since they did before, and belong to the process that entered them last")
    func enteredByAnotherProcess() {
        let story = ServingTranscript()
        story.now = 1000
        let (first, second) = (story.connect(pid: 10), story.connect(pid: 11))
        first.say("enter Sat1\trun=\(id(1))\tage=750")
        story.now = 2000
        second.say("enter Sat1\trun=\(id(1))\tage=1000")
        let line = second.say("ps").first ?? ""
        #expect(line.contains("\tpid=11\t") && line.contains("\tsince=1970-01-01T00:00:00.250Z\t"))
        second.close()
        story.gone = [10]
        #expect(runs(first) == ["Sat1 lost"])
        story.gone = [11]
        #expect(runs(first).isEmpty)
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
    func refusals() {
        let story = ServingTranscript()
        let owner = story.connect()
        owner.say("enter Sat1\trun=\(id(1))")
        let stranger = story.connect(uid: 1001)
        for verb in ["leave", "enter"] {
            let line = stranger.say("\(verb) Sat1\trun=\(id(1))")
            #expect(line == ["error \(verb) Sat1\texpected=a run of your own; this one is another user's"])
        }
        let other = owner.say("leave Other\trun=\(id(1))")
        #expect(other == ["error leave Other\texpected=the name of the run's workflow, which is Sat1"])
        #expect(story.registry.runs(of: name) == 1)
        #expect(story.connect(uid: 0).say("leave Sat1\trun=\(id(1))") == ["left Sat1\trun=\(id(1))"])
        #expect(story.registry.runs(of: name) == 0)
        #expect(owner.say("leave Sat1\trun=\(id(1))") == ["left Sat1\trun=\(id(1))"])
    }

    @Test("are found by name and by pattern, the first that was entered first")
    func matching() {
        let story = ServingTranscript()
        let client = story.connect()
        for (number, name) in ["Sat2", "Router", "Sat1", "Sat*"].enumerated() {
            client.say("enter \(name)\trun=\(id(number))")
        }
        #expect(runs(client, "Sat*") == ["Sat2", "Sat1", "Sat*"])
        #expect(runs(client, "*").count == 4)
        #expect(runs(client, "Sat").isEmpty)
        #expect(runs(client, "Router") == ["Router"])
        let metrics = client.say("metrics")
        #expect(metrics.first == "before" && metrics.last == "after")
        #expect(metrics.contains(#"estop_runs{workflow="Sat*",status="stop"} 1"#))
        #expect(metrics.count == 6)
    }

    @Test("of one user are so many at most, lost ones too; another user has as many")
    func quota() {
        var limits = Limits()
        limits.runsPerUser = 2
        let story = ServingTranscript(limits)
        let client = story.connect()
        client.say("enter Sat1\trun=\(id(1))")
        client.close()
        let second = story.connect()
        second.say("enter Sat1\trun=\(id(2))")
        let refusal = second.say("enter Sat1\trun=\(id(3))")
        #expect(
            refusal == [
                "error enter Sat1\texpected=at most 2 runs of user 1000; end some, or raise --max-runs-per-user"
            ])
        #expect(story.connect(uid: 1001).say("enter Sat1\trun=\(id(4))").first?.hasPrefix("stop Sat1") == true)
        story.gone = [10]
        #expect(runs(second) == ["Sat1", "Sat1"])
        #expect(second.say("enter Sat1\trun=\(id(3))").first?.hasPrefix("stop Sat1") == true)
    }
}
