import EmergencyStopSystem
import Glibc
import Testing

@Suite("The directory of processes")
struct ProcessDirectoryTests {
    @Test("shows this process each time, and belongs to it")
    func own() throws {
        let directory = try #require(ProcessDirectory())
        let own = try #require(ProcessStatus(of: getpid()))
        for _ in 0..<2 {
            #expect(try #require(directory.all()).contains { $0.pid == own.pid && $0.startedAt == own.startedAt })
        }
        #expect(directory.isOwn)
        #expect(directory.highestID >= getpid())
    }
}
