import EmergencyStop
import EmergencyStopTesting
import Testing

@testable import EmergencyStopClient

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
        weak var freed: NameEntry?
        for await _ in stop.client.changes("A") {
            freed = subscriptions.entry("A")
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
        #expect(subscriptions.entry("name 0") == nil)
        #expect(await stop.client.status("name 0") == .go)
    }
}
