import Glibc
import TestSupport
import Testing

@Suite("Under a service manager the sidecar", .blocking)
struct ServiceManagerTests {
    private func withManagedSidecar(
        file: String? = #"{"Name":"A","Status":"go"}"#, options: [String] = [], environment: [String: String] = [:],
        isAbstract: Bool = false, _ body: (RunningSidecar, ServiceManager) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            if let file { try folder.write(file, to: RunningSidecar.fileName) }
            let path = folder.path(of: "notify")
            let manager = try ServiceManager(at: isAbstract ? "@" + path : path)
            let variables = environment.merging(["NOTIFY_SOCKET": manager.address]) { $1 }
            let sidecar = try RunningSidecar(in: folder, options: options, environment: variables)
            defer { sidecar.process.destroy() }
            try body(sidecar, manager)
        }
    }

    @Test("is ready once the file has settled, and then answers", arguments: [false, true])
    func readiness(isAbstract: Bool) throws {
        try withManagedSidecar(isAbstract: isAbstract) { sidecar, manager in
            let ready = try manager.next(with: "READY=1")
            #expect(try sidecar.status("A").head == "go A")
            let status = ready.first { $0.hasPrefix("STATUS=") } ?? ""
            #expect(status.hasPrefix("STATUS=1 entry: 1 go, 0 pause, 0 stop; 0 connections; 0 runs; "), "\(status)")
            #expect(status.contains("\(sidecar.file) read at 20"), "\(status)")
            #expect(!ready.contains("WATCHDOG=1"))
        }
    }

    @Test("is ready without a file, too, and says that everything is stopped")
    func missingFile() throws {
        try withManagedSidecar(file: nil) { sidecar, manager in
            let ready = try manager.next(with: "READY=1")
            #expect(ready.contains { $0.hasPrefix("STATUS=EVERYTHING IS STOPPED: missing-file") }, "\(ready)")
            try sidecar.folder.replace(RunningSidecar.fileName, with: #"{"Name":"A","Status":"go"}"#)
            try manager.next(with: "STATUS=1 entry: 1 go")
            try sidecar.folder.replace(RunningSidecar.fileName, with: "{")
            let broken = try manager.next(with: "STATUS=EVERYTHING IS STOPPED: malformed-file (1:")
            #expect(broken.count == 1)
        }
    }

    @Test("is not ready before the file has settled")
    func unsettled() throws {
        // A second at least between the two reads of the beginning.
        let start = ContinuousClock.now
        try withManagedSidecar(options: ["--settle-time", "100ms"]) { sidecar, manager in
            try manager.next(with: "READY=1")
            #expect(ContinuousClock.now - start > .milliseconds(900))
        }
    }

    @Test("tells of a reload, and when it is over")
    func reload() throws {
        try withManagedSidecar { sidecar, manager in
            try manager.next(with: "READY=1")
            sidecar.signal(SIGHUP)
            let begin = try manager.next(with: "RELOADING=1")
            #expect(begin.contains { $0.hasPrefix("MONOTONIC_USEC=") })
            try manager.next(with: "READY=1")
        }
    }

    @Test("gives signs of life as often as is asked for, and none while it stands still")
    func watchdog() throws {
        try withManagedSidecar(environment: ["WATCHDOG_USEC": "300000"]) { sidecar, manager in
            try manager.next(with: "READY=1")
            for _ in 0..<5 { try manager.next(with: "WATCHDOG=1") }
            // Three in each interval, so ten in a second, and as many may lie here where this test is held up.
            let end = ContinuousClock.now + .seconds(1)
            var signs = 0
            while ContinuousClock.now < end, let notice = try? manager.next(within: max(.zero, end - .now)) {
                if notice.contains("WATCHDOG=1") { signs += 1 }
            }
            #expect(signs <= 40)
            try sidecar.freeze()
            while (try? manager.next(within: .zero)) != nil {}
            #expect((try? manager.next(within: .milliseconds(400))) == nil)
            sidecar.signal(SIGCONT)
            try manager.next(with: "WATCHDOG=1")
        }
    }

    @Test("gives no sign of life that is meant of another process")
    func foreignWatchdog() throws {
        try withManagedSidecar(environment: ["WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"]) { _, manager in
            let ready = try manager.next(with: "READY=1")
            #expect(!ready.contains("WATCHDOG=1"))
            // How it is may be told again, and is no sign of life.
            let end = ContinuousClock.now + .milliseconds(300)
            while let notice = try? manager.next(within: max(.zero, end - .now)) {
                #expect(!notice.contains("WATCHDOG=1"), "\(notice)")
            }
        }
    }

    @Test("says that it ends")
    func stopping() throws {
        try withManagedSidecar { sidecar, manager in
            try manager.next(with: "READY=1")
            #expect(try sidecar.stop() == .exited(0))
            try manager.next(with: "STOPPING=1")
        }
    }

    @Test("works on where the manager does not listen", arguments: ["/nowhere/at/all", "relative", "@nobody", ""])
    func noManager(address: String) throws {
        try withSidecar(environment: ["NOTIFY_SOCKET": address, "WATCHDOG_USEC": "100000"]) { sidecar in
            let answer = try sidecar.status("A")
            #expect(answer.head == "go A")
        }
    }
}
