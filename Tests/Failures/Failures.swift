internal import Glibc
internal import Synchronization
internal import TestSupport

/// Does what fails, row after row of the failure table, to the real programs, and says what they saw: see `run`.
@main
enum Failures {
    static func main() throws {
        var names = Array(CommandLine.arguments.dropFirst())
        let isLong = names.contains("--long")
        names.removeAll { $0 == "--long" }
        if names == ["--list"] {
            for row in Row.all { print("\(row.name): \(row.expectation)\(row.isOnlyLong ? " (--long)" : "")") }
            return
        }
        for name in names where !Row.all.contains(where: { $0.name == name }) {
            print("no such row: \(name); --list names them")
            exit(64)
        }
        try DescriptorLimit.raise(to: 20_000)
        signal(SIGPIPE, SIG_IGN)
        let rows = Row.all.filter {
            names.isEmpty ? isLong || !$0.isOnlyLong : names.contains($0.name)
        }
        let account = Account()
        // Most rows wait for leases and polls, and can do that together.
        let waiting = try rows.filter { !$0.isHeavy }.map { row in
            try runThread { account.enter(row, isLong) }
        }
        for thread in waiting { try thread.wait(within: .seconds(3600)) }
        for row in rows where row.isHeavy { account.enter(row, isLong) }
        print(account.summary)
        exit(account.hasFailed ? 1 : 0)
    }
}

/// What has come of the rows.
private final class Account: Sendable {
    private let counts = Mutex((passed: 0, failed: 0, skipped: 0))

    /// Does a row and prints its line.
    func enter(_ row: Row, _ isLong: Bool) {
        if let obstacle = row.obstacle() {
            say("\(row.name): \(row.expectation): SKIPPED, \(obstacle)") { $0.skipped += 1 }
            return
        }
        var measured: [String] = []
        do {
            let scene = try Scene(isLong: isLong)
            defer { scene.end() }
            do {
                try row.act(scene)
            } catch {
                measured = scene.measured
                throw error
            }
            say("\(row.name): \(row.expectation): \(scene.measured.joined(separator: ", ")): ok") { $0.passed += 1 }
        } catch {
            say("\(row.name): \(row.expectation): \((measured + ["\(error)"]).joined(separator: ", ")): FAILED") {
                $0.failed += 1
            }
        }
    }

    private func say(_ line: String, _ count: (inout (passed: Int, failed: Int, skipped: Int)) -> Void) {
        counts.withLock {
            print(line)
            fflush(nil)
            count(&$0)
        }
    }

    var hasFailed: Bool { counts.withLock { $0.failed > 0 } }

    var summary: String {
        counts.withLock {
            "\($0.passed) passed, \($0.failed) failed" + ($0.skipped > 0 ? ", \($0.skipped) SKIPPED" : "")
        }
    }
}
