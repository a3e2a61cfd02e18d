import EmergencyStopCore
import EmergencyStopServing
import Testing

@testable import EmergencyStopSidecar

/// From what is read of both files to what is served, as a transcript: the real judgement, digest and registry under a
/// clock that the test sets.
struct FleetPipelineTests {
    private static let a = WorkflowName(validated: "A")
    private static let boot = "0f2c5a1e8d3b4c6f9a7e112233445566"
    private static let lease = Duration.seconds(10)

    /// A sidecar without threads and descriptors. Its clock and CLOCK_BOOTTIME are apart, as they may be.
    private final class Story {
        private let begin = ContinuousClock.now
        private var digest = SourceDigest(hasFleet: true)
        private var registry: Registry
        private var unheard: Delivery?
        /// Seconds.
        var now = 0

        init() {
            registry = Registry(
                Life(instance: RunID(high: 0, low: 1), version: "test"), startedAt: begin, lease: .seconds(20),
                limits: Limits())
        }

        private var instant: ContinuousClock.Instant { begin + .seconds(now) }
        private var time: Timestamp { Timestamp(seconds: now, nanoseconds: 0) }

        private func seconds(_ seconds: Int) -> MonotonicInstant {
            MonotonicInstant(nanoseconds: Int64(1_000 + seconds) * 1_000_000_000)
        }

        func host(_ status: WorkflowStatus) {
            let entry = Entry(name: FleetPipelineTests.a, status: status)
            say(.settled(SettledState(condition: .readable, entries: EntryTable([entry]))))
        }

        func verifyHost(satisfied: UInt64 = 0) { say(.verified(nil), satisfied) }

        /// The fleet file is read, which was verified at some time.
        func fleet(_ status: WorkflowStatus?, verifiedAt: Int, isWhole: Bool = true, satisfied: UInt64 = 0) {
            let header = FleetHeader(
                fleet: "prod", epoch: "e", revision: 1, verifiedAt: seconds(verifiedAt), boot: FleetPipelineTests.boot)
            let entries = status.map { [Entry(name: FleetPipelineTests.a, status: $0)] } ?? []
            let content = FileContent(
                bytes: FleetFile.text(header, entries), identity: FileIdentity(device: 1, inode: 1), owner: 0,
                isStable: isWhole)
            fleet(.file(content), satisfied)
        }

        func fleet(_ found: FileRead, _ satisfied: UInt64 = 0) {
            let times = FleetTimes(now: instant, boot: seconds(now))
            say(
                .fleet(
                    FleetFinding(
                        found, boot: FleetPipelineTests.boot, at: times, lease: FleetPipelineTests.lease,
                        sizeLimit: 1 << 20)), satisfied)
        }

        func leave(until end: Int) { say(.fleet(.left(until: begin + .seconds(end)))) }

        private func say(_ finding: SourceEvent.Finding, _ satisfied: UInt64 = 0) {
            let next = digest.digest(
                SourceEvent(
                    finding: finding, readAt: instant, trigger: .poll, satisfied: ReadRequest(number: satisfied)))
            if unheard == nil { unheard = next } else { unheard?.absorb(next) }
        }

        /// The loop takes what was said, or nothing; gives what is served then.
        @discardableResult
        func hear() -> String {
            if let unheard {
                _ = registry.apply(
                    unheard.update, verifiedAt: unheard.verifiedAt, fleet: unheard.fleet, satisfied: unheard.satisfied,
                    at: instant, time)
                self.unheard = nil
            } else {
                _ = registry.note(instant, time)
            }
            return served
        }

        var satisfied: UInt64 { unheard?.satisfied.number ?? 0 }

        var served: String {
            guard registry.isOpen(at: instant) else { return "closed" }
            let report = registry.served.report(for: FleetPipelineTests.a)
            return "\(report.status) \(report.cause)"
        }

        /// The last stop that a client who knows an earlier revision is told of.
        var lastStop: UInt64 {
            registry.revisions(of: FleetPipelineTests.a, registry.served.status(of: FleetPipelineTests.a)).stopped
        }

        var timeToLive: Int { Int(registry.timeToLive(at: instant) / .seconds(1)) }
        var lapseDue: Int { Int((registry.lapseDue - begin) / .seconds(1)) }

        var history: [String] {
            (0..<registry.history.count).map { place in
                switch registry.history[place].subject {
                case .name(let name, let old, let new): "\(name) \(old.status)>\(new.status) \(new.cause)"
                case .condition(let old, let new): "\(old.word)>\(new.word)"
                case .more(let count): "\(count) more"
                }
            }
        }
    }

    /// A sidecar that restarts stops nobody; but a stop that it has read since is one.
    @Test(arguments: [[WorkflowStatus.go], [.stop, .go]]) func startIsNoStop(shown: [WorkflowStatus]) {
        for fleetIsFirst in [true, false] {
            let story = Story()
            if fleetIsFirst {
                story.fleet(nil, verifiedAt: 0)
                story.hear()
            }
            for status in shown {
                story.host(status)
                story.hear()
            }
            if !fleetIsFirst { story.fleet(nil, verifiedAt: 0) }
            #expect(story.hear() == "go listed")
            #expect((story.lastStop > 0) == shown.contains(.stop))
        }
    }

    @Test func nothingIsAnsweredBeforeBothWereLookedAt() {
        let story = Story()
        story.host(.go)
        #expect(story.hear() == "closed")
        story.now = 3
        story.fleet(nil, verifiedAt: 2)
        #expect(story.hear() == "go listed")
        // The host's read is as old as it is, whenever the fleet's came.
        #expect(story.lapseDue == 12)
        story.now = 4
        story.fleet(nil, verifiedAt: 4)
        story.hear()
        #expect(story.lapseDue == 14)
        story.now = 11
        story.fleet(nil, verifiedAt: 11)
        story.hear()
        #expect(story.lapseDue == 20)

        let other = Story()
        other.fleet(nil, verifiedAt: 0)
        #expect(other.hear() == "closed")
        other.host(.go)
        #expect(other.hear() == "go listed")

        let silent = Story()
        silent.host(.go)
        silent.hear()
        silent.now = 20
        #expect(silent.hear() == "stop stale")
    }

    @Test func theEarlierOfTwoLeasesEndsAllAndIsNamed() {
        let story = Story()
        story.host(.go)
        story.fleet(nil, verifiedAt: 0)
        #expect(story.hear() == "go listed")
        #expect(story.timeToLive == 10)
        story.now = 9
        story.verifyHost()
        #expect(story.hear() == "go listed")
        #expect(story.timeToLive == 1)
        story.now = 10
        #expect(story.hear() == "stop fleet-stale")
        #expect(story.timeToLive == 0)
        // That the file is still as it was says what is known.
        story.fleet(nil, verifiedAt: 0)
        #expect(story.hear() == "stop fleet-stale")
        story.now = 12
        story.fleet(nil, verifiedAt: 11)
        #expect(story.hear() == "go listed")
        #expect(story.timeToLive == 9)
        #expect(
            story.history == [
                "stale>readable", "readable>fleet-stale", "fleet-stale>readable", "A stop>go listed",
            ])
        for time in [15, 20, 25] {
            story.now = time
            story.fleet(nil, verifiedAt: time)
            story.hear()
        }
        story.now = 29
        #expect(story.hear() == "stop stale")
    }

    @Test func whatWasVerifiedLongAgoLivesNoLongerForBeingReadNow() {
        let story = Story()
        story.host(.go)
        story.now = 8
        story.fleet(nil, verifiedAt: 0)
        #expect(story.hear() == "go listed")
        #expect(story.timeToLive == 2)
        for time in 8..<10 {
            story.now = time
            story.fleet(nil, verifiedAt: 0)
            #expect(story.hear() == "go listed")
        }
        story.now = 10
        story.fleet(nil, verifiedAt: 0)
        #expect(story.hear() == "stop fleet-stale")
        // An earlier file put back is older.
        story.fleet(nil, verifiedAt: 9)
        #expect(story.hear() == "go listed")
        story.fleet(nil, verifiedAt: 3)
        story.hear()
        #expect(story.timeToLive == 3)
    }

    @Test func theFleetRestrainsAndReleasesNothing() {
        let story = Story()
        story.host(.go)
        story.fleet(.stop, verifiedAt: 0)
        #expect(story.hear() == "stop fleet")
        story.host(.stop)
        story.fleet(.go, verifiedAt: 0)
        #expect(story.hear() == "stop listed")
        story.host(.pause)
        #expect(story.hear() == "pause listed")
        story.fleet(.pause, verifiedAt: 0)
        #expect(story.hear() == "pause listed")
        story.host(.go)
        #expect(story.hear() == "pause fleet")
    }

    @Test func aLapseIsAStopEvenIfLifeReturnsFirst() {
        let story = Story()
        story.host(.go)
        story.fleet(nil, verifiedAt: 0)
        story.hear()
        // The process stands still; when it goes on, the fleet's news lie before the loop has looked at the time.
        story.now = 15
        story.fleet(nil, verifiedAt: 15)
        #expect(story.hear() == "go listed")
        #expect(story.history.contains("readable>fleet-stale"))
    }

    @Test func aStopThatCameAndWentUnheardIsRecorded() {
        let story = Story()
        story.host(.go)
        story.fleet(nil, verifiedAt: 0)
        story.hear()
        story.fleet(.stop, verifiedAt: 0)
        story.fleet(nil, verifiedAt: 0)
        #expect(story.hear() == "go listed")
        #expect(story.history.suffix(2) == ["A go>stop fleet", "A stop>go listed"])
    }

    @Test func troubleStopsAtOnceAndNeedsNoLease() {
        let story = Story()
        story.host(.go)
        story.fleet(nil, verifiedAt: 0)
        story.hear()
        for (found, cause) in [
            (.absent(.missing), "fleet-missing"), (.absent(.unreadable("why")), "fleet-missing"),
        ] as [(FileRead, String)] {
            story.fleet(found)
            #expect(story.hear() == "stop \(cause)")
            #expect(story.lapseDue == 20)
            story.fleet(nil, verifiedAt: 0)
            #expect(story.hear() == "go listed")
        }
        story.fleet(nil, verifiedAt: 0, isWhole: false)
        #expect(story.hear() == "stop fleet-malformed")
        story.fleet(nil, verifiedAt: 0)
        #expect(story.hear() == "go listed")
        // A read that did not take place says nothing, and the lease decides.
        story.fleet(.failed("no descriptor"))
        #expect(story.hear() == "go listed")
        story.now = 10
        #expect(story.hear() == "stop fleet-stale")
    }

    @Test func aRequestIsSatisfiedByReadsOfBoth() {
        let story = Story()
        story.host(.go)
        story.fleet(nil, verifiedAt: 0)
        story.hear()
        story.verifyHost(satisfied: 2)
        #expect(story.satisfied == 0)
        story.fleet(nil, verifiedAt: 0, satisfied: 1)
        #expect(story.satisfied == 1)
        story.fleet(nil, verifiedAt: 0, satisfied: 2)
        #expect(story.satisfied == 2)
    }

    @Test func whileTheHostHasLeftOnlyItsOwnFileHoldsAndNotBeyondTheEnd() {
        let story = Story()
        story.host(.go)
        story.fleet(.absent(.missing))
        #expect(story.hear() == "stop fleet-missing")
        story.leave(until: 30)
        #expect(story.hear() == "go listed")
        #expect(story.lapseDue == 20)
        story.now = 15
        story.host(.stop)
        #expect(story.hear() == "stop listed")
        story.host(.go)
        #expect(story.hear() == "go listed")
        #expect(story.lapseDue == 30)
        // Where nobody looks any more, it ends all the same.
        story.now = 30
        #expect(story.hear() == "stop fleet-stale")
    }
}
