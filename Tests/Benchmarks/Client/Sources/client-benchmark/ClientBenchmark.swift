import EmergencyStop
import Glibc
import Synchronization

/// Measures a client against the sidecar at SOCKET, which reads FILE.
///
/// `client-benchmark SOCKET FILE STOPS`: `run.status` and `status(name)` in nanoseconds and allocations, the memory of
/// a client, and the time from the rename of the file to the cancellation of a run's body.
@main
struct ClientBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let stops = Int(arguments[3]) else {
            print("usage: client-benchmark SOCKET FILE STOPS")
            exit(64)
        }
        let before = residentKilobytes()
        try await withEmergencyStopClient(.init(socketPath: arguments[1])) { estop in
            write("go", to: arguments[2])
            await untilGo(estop)
            print("memory of a client: \(residentKilobytes() - before) kB resident more than before")
            try await estop.withWorkflow("W") { run in
                reportStatusReads(of: run)
                await reportStatusCalls(to: estop)
            }
            try await reportStops(stops, of: estop, file: arguments[2])
        }
    }

    // MARK: Reads

    private static func reportStatusReads(of run: WorkflowRun) {
        let count = 20_000_000
        var going = 0
        let allocations = Allocations.count
        let start = nanoseconds()
        for _ in 0..<count where run.status == .go { going += 1 }
        let time = Double(nanoseconds() - start) / Double(count)
        let allocated = Allocations.count - allocations
        precondition(going == count, "the workflow was stopped")
        print("run.status: \(rounded(time)) ns, \(allocated) allocations in \(count) reads")
    }

    private static func reportStatusCalls(to estop: EmergencyStopClient) async {
        let count = 2_000_000
        var going = 0
        let allocations = Allocations.count
        let start = nanoseconds()
        for _ in 0..<count where await estop.status("W") == .go { going += 1 }
        let time = Double(nanoseconds() - start) / Double(count)
        let allocated = Allocations.count - allocations
        precondition(going == count, "the workflow was stopped")
        print("status(name) from memory: \(rounded(time)) ns, \(allocated) allocations in \(count) calls")
    }

    // MARK: Stops

    private static func reportStops(_ stops: Int, of estop: EmergencyStopClient, file: String) async throws {
        var times: [Int64] = []
        for _ in 0..<stops {
            write("go", to: file)
            await untilGo(estop)
            let cancelled = Atomic<Int64>(0)
            var renamed = Int64(0)
            do {
                try await estop.withWorkflow("W") { _ in
                    await withTaskCancellationHandler {
                        renamed = nanoseconds()
                        write("stop", to: file)
                        try? await Task.sleep(for: .seconds(10))
                    } onCancel: {
                        cancelled.store(nanoseconds(), ordering: .releasing)
                    }
                }
            } catch is EmergencyStopped {
                times.append(cancelled.load(ordering: .acquiring) - renamed)
            }
        }
        times.sort()
        let median = Double(times[times.count / 2]) / 1_000
        let worst = Double(times[times.count * 99 / 100]) / 1_000
        print(
            "write and rename to cancelled body, \(times.count) stops: p50 \(rounded(median)) µs, p99 \(rounded(worst)) µs"
        )
    }

    private static func untilGo(_ estop: EmergencyStopClient) async {
        for await report in estop.changes("W") where report.status == .go { return }
    }

    private static func write(_ status: String, to file: String) {
        let temporary = file + ".new"
        guard let stream = fopen(temporary, "w") else { fatalError("cannot write \(temporary)") }
        fputs(#"{"Name": "W", "Status": "\#(status)"}"#, stream)
        fclose(stream)
        rename(temporary, file)
    }

    private static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func residentKilobytes() -> Int {
        guard let stream = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(stream) }
        var line = [CChar](repeating: 0, count: 256)
        fgets(&line, 256, stream)
        let fields = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}

/// The allocations of the process, where the library that counts them is loaded before it (see `../../run`).
enum Allocations {
    private static let counter: (@convention(c) () -> Int)? = {
        guard let symbol = dlsym(nil, "counted_allocations") else { return nil }
        return unsafeBitCast(symbol, to: (@convention(c) () -> Int).self)
    }()

    static var count: Int { counter?() ?? 0 }
}
