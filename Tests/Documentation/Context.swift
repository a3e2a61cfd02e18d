// What the snippets of the documentation take for granted: see run.
import EmergencyStop
import Logging
import Resilience
import Synchronization

struct Disk: Sendable { var blocks: [Int] = [] }

let disks: [Disk] = []
let disk = Disk()
let logger = Logger(label: "snippets")
let text = ""
let url = ""
let machine = "m1"
let machines = [machine]
let bucket = TokenBucket(capacity: 1, refilling: 1, every: .seconds(1))
let breaker = CircuitBreaker()
let database = Database()
let response = (status: 404, body: "")
let work = Work(name: "nothing", blocks: [])

struct Database { func isEnabled(_ name: String) async throws -> Bool { false } }
struct NotFound: Error {}

struct Drain: Work.Job {
    let machine: String
    var id: String { "drain \(machine)" }
    func validate() async throws {}
    func run() async throws {}
}

struct Erase: Work.Job {
    let machine: String
    var id: String { "erase \(machine)" }
    func validate() async throws {}
    func run() async throws {}
}

func fetch(_ url: String) async throws -> String { url }
func log(_ line: String) {}
func reboot(_ machine: String) {}
func overwrite(_ block: Int) {}
func erase(_ disk: Disk) async throws {}
func eraseDisks() async throws {}
func eraseDisks(_ run: WorkflowRun) async throws { try await run.checkpoint() }

func eraseDisks(under estop: EmergencyStopClient) async throws {
    try await estop.withWorkflow("SatelliteDiskErase") { _ in try await Task.sleep(for: .seconds(3_600)) }
}

/// Disks of which some are erased at once; the next takes as long as a test may.
final class PretendDisks: Sendable {
    private let count: Int
    private let erasedCount = Mutex(0)

    init(_ count: Int) { self.count = count }

    func erase(under run: WorkflowRun) async throws {
        for number in 1...count {
            try await run.checkpoint()
            if number > 3 { try await Task.sleep(for: .seconds(3_600)) }
            erasedCount.withLock { $0 = number }
        }
    }

    func erased(_ number: Int) async {
        while erasedCount.withLock({ $0 }) < number { await Task.yield() }
    }
}

func erase(_ disks: PretendDisks, under estop: EmergencyStopClient) async throws {
    try await estop.withWorkflow("SatelliteDiskErase") { run in try await disks.erase(under: run) }
}
