import EmergencyStopCore
import EmergencyStopTesting
import Synchronization
import Testing

@testable import EmergencyStop

@Suite(.timeLimit(.minutes(10))) struct `Names that are watched` {
    @Test func `ten thousand loops that were left leave nothing`() async {
        let stop = await InMemoryEmergencyStop()
        let subscriptions = stop.client.subscriptions
        do {
            var readers: [StatusChanges.Iterator] = []
            for number in 0..<10_000 {
                var reader = stop.client.changes("name \(number % 5_000)").makeAsyncIterator()
                #expect(await reader.next()?.cause == .unlisted)
                readers.append(reader)
            }
            #expect(subscriptions.count == 5_000)
        }
        #expect(subscriptions.count == 0)
    }

    @Test func `a stream's buffer is freed when its loop is left`() async {
        let stop = await InMemoryEmergencyStop(["A": .go])
        let subscriptions = stop.client.subscriptions
        weak var freed: WatchedName?
        for await _ in stop.client.changes("A") {
            freed = subscriptions.watched("A")
            #expect(freed != nil)
            break
        }
        // Whatever the event loop still had to hear of it, it has heard before this is answered.
        await stop.set(.stop, for: "B")
        _ = await stop.client.status("B")
        #expect(freed == nil)
    }

    @Test func `names that are only asked for are kept up to a limit`() async {
        let stop = await InMemoryEmergencyStop(["name 0": .go])
        let subscriptions = stop.client.subscriptions
        for number in 0..<Subscriptions.askedLimit + 10 { _ = await stop.client.status("name \(number)") }
        #expect(subscriptions.count == Subscriptions.askedLimit)
        #expect(subscriptions.watched("name 0") == nil)
        #expect(await stop.client.status("name 0") == .go)
    }

    @Test func `of more names than are kept, asked for at once, each gets its answer in time`() async {
        let stop = await InMemoryEmergencyStop()
        let subscriptions = stop.client.subscriptions
        await stop.loseSidecar()
        let count = Subscriptions.askedLimit + 100
        await withTaskGroup(of: WorkflowStatus.self) { group in
            for number in 0..<count { group.addTask { await stop.client.status("name \(number)") } }
            // A name that nobody waits for any more is not watched, and this would never be over.
            while subscriptions.count < count { await Task.yield() }
            await stop.endLeases()
            for await status in group { #expect(status == .stop) }
        }
        #expect(subscriptions.count == Subscriptions.askedLimit)
    }
}

@Suite struct `Readers of one name` {
    @Test func `are told before any of them is woken`() {
        let watched = WatchedName(WorkflowName(validated: "A"), answerBy: MonotonicClock.now())
        let later = MonotonicClock.now().advanced(by: .seconds(60))
        let readers = (0..<50).map { _ in Reader() }
        for reader in readers { #expect(watched.add(reader) == nil) }
        for status in [WorkflowStatus.go, .pause, .go, .stop] {
            #expect(watched.tell(StatusReport(name: "A", status: status, cause: .listed), until: later))
            #expect(readers.allSatisfy { $0.told == status && $0.wakes == 0 })
            #expect(watched.wake().isEmpty)
            #expect(readers.allSatisfy { $0.wakes == 1 })
            for reader in readers { reader.forgetWakes() }
        }
    }

    @Test func `are stopped before anyone is woken, and before any body is cancelled`() {
        let watched = WatchedName(WorkflowName(validated: "A"), answerBy: MonotonicClock.now())
        let later = MonotonicClock.now().advanced(by: .seconds(60))
        var generator = SystemRandomNumberGenerator()
        let runs = (0..<50).map { _ in LiveRun(RunID.random(using: &generator), watched) }
        let cancelled = Mutex(0)
        for run in runs {
            _ = watched.add(run)
            run.onStop { cancelled.withLock { $0 += 1 } }
        }
        #expect(watched.tell(StatusReport(name: "A", status: .go, cause: .listed), until: later))
        #expect(watched.wake().isEmpty)
        #expect(watched.tell(StatusReport(name: "A", status: .stop, cause: .listed), until: later))
        #expect(runs.allSatisfy { $0.status == .stop && $0.changes == 1 })
        let cancellations = watched.wake()
        #expect(runs.allSatisfy { $0.changes == 2 })
        #expect(cancelled.withLock { $0 } == 0)
        for cancel in cancellations { cancel() }
        #expect(cancelled.withLock { $0 } == runs.count)
        // Once is enough.
        #expect(watched.wake().isEmpty)
    }

    /// Notes what it is told, and how often it is woken.
    private final class Reader: ReportReader {
        private let state = Mutex<(told: WorkflowStatus?, wakes: Int)>((nil, 0))

        var told: WorkflowStatus? { state.withLock { $0.told } }
        var wakes: Int { state.withLock { $0.wakes } }

        func forgetWakes() { state.withLock { $0.wakes = 0 } }

        func take(_ report: StatusReport, until end: MonotonicInstant) {
            state.withLock { $0.told = report.status }
        }

        func extend(until end: MonotonicInstant) -> Bool { true }

        func wake() -> Cancellation? {
            state.withLock { $0.wakes += 1 }
            return nil
        }
    }
}
