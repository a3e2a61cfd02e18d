import Dispatch
import EmergencyStopCore
import Logging
import Synchronization
import Testing

@testable import EmergencyStop

/// What a program does when it is told something is its own business, and must not keep a stop from anybody.
@Suite(.timeLimit(.minutes(10))) struct `Nobody who is told holds up a stop` {
    @Test func `handlers that block, however many, keep no other cancellation waiting`() async {
        let cancellations = Cancellations()
        let gate = DispatchSemaphore(value: 0)
        let count = 20
        for _ in 0..<count { cancellations.perform { gate.wait() } }
        await withCheckedContinuation { continuation in
            cancellations.perform { continuation.resume() }
        }
        for _ in 0..<count { gate.signal() }
        await withCheckedContinuation { continuation in
            cancellations.whenIdle { continuation.resume() }
        }
    }

    @Test func `ten thousand cancellations are all performed, each once`() async {
        let cancellations = Cancellations()
        let counts = Mutex([Int](repeating: 0, count: 10_000))
        for number in 0..<10_000 {
            cancellations.perform { counts.withLock { $0[number] += 1 } }
        }
        await withCheckedContinuation { continuation in
            cancellations.whenIdle { continuation.resume() }
        }
        #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test func `a logger that blocks holds up no note, and what is dropped is counted`() async throws {
        let log = HeldLog()
        let observer = ConnectionObserver(logger: Logger(label: "estop") { _ in log }, address: "S")
        // More than there is room for: the one that is being written, and those behind it.
        for _ in 0..<1_000 { observer.observe(.missedStop(WorkflowName(validated: "A"))) }
        log.release()
        // There is room for 256; the others are counted behind the first that is written.
        while log.lines.count < 257 { await Task.yield() }
        #expect(log.lines.count { $0.hasPrefix("a stop came and went unheard") } == 256)
        #expect(log.lines.contains("the log was too slow for some notes dropped=744"))
    }
}

/// A log that takes nothing until it is released.
private final class HeldLog: LogHandler, Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let written = Mutex<[String]>([])

    var lines: [String] { written.withLock { $0 } }

    func release() { gate.signal() }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        gate.wait()
        gate.signal()
        let fields = (event.metadata ?? [:]).filter { $0.key == "dropped" }.map { " \($0.key)=\($0.value)" }
        written.withLock { $0.append(event.message.description + fields.joined()) }
    }
}
