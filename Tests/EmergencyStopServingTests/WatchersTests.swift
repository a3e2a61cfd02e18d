import Testing

@testable import EmergencyStopServing

@Suite("The watchers of a name")
struct WatchersTests {
    @Test("are those who came and have not gone, few or many", arguments: [10, 100])
    func comeAndGo(count: UInt64) {
        var watchers = Watchers()
        for session in 0..<count { watchers.insert(session) }
        #expect(watchers.sessions == Array(0..<count))
        for session in stride(from: 0, to: count, by: 3) { watchers.remove(session) }
        watchers.remove(count + 1)
        #expect(watchers.sessions.sorted() == (0..<count).filter { $0 % 3 != 0 })
        for session in (0..<count).reversed() { watchers.remove(session) }
        #expect(watchers.isEmpty && watchers.count == 0)
    }
}
