import EmergencyStopSystem
import Glibc
import TestSupport
import Testing

@Suite("The status of a process", .blocking)
struct ProcessStatusTests {
    private func status(_ line: String) -> ProcessStatus? { ProcessStatus(line: Array(line.utf8)) }

    @Test("is read from its line, in which a name may hold anything, parentheses and spaces too")
    func names() throws {
        let process = try #require(status("42 (a) b (S) 7) T 41 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 75 8192\n"))
        #expect(
            process
                == ProcessStatus(
                    pid: 42, parent: 41, state: "T", command: Array("a) b (S) 7".utf8), threads: 3, startedAt: 75))
        #expect(process.isStopped)
        #expect(process.name == "a) b (S) 7")
    }

    @Test(
        "is none where the line is none, or breaks off",
        arguments: [
            "", "42 (a", "42 (a)", "42 ) a( S", "42 (a) T 41 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0",
            "x (a) T 41 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 75\n",
            "42 (a) TT 41 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 75\n",
            "42 (a) T 41 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 - 0 75\n",
        ]
    )
    func broken(line: String) {
        #expect(status(line) == nil)
    }

    @Test("has ended where nothing but its entry in the table is left, however the kernel calls that")
    func ended() {
        func process(_ state: Character, threads: Int) -> ProcessStatus {
            ProcessStatus(pid: 2, parent: 1, state: state, command: [], threads: threads)
        }
        #expect(process("Z", threads: 1).hasEnded)
        #expect(process("X", threads: 0).hasEnded)
        #expect(!process("Z", threads: 2).hasEnded)
        #expect(!process("X", threads: 2).hasEnded)
        #expect(!process("S", threads: 1).hasEnded)
    }

    @Test("of this process is as it knows itself")
    func own() throws {
        let own = try #require(ProcessStatus(of: getpid()))
        #expect(own.pid == getpid())
        #expect(own.parent == getppid())
        #expect(!own.hasEnded)
        #expect(own.startedAt > 0)
    }

    @Test("of one that has ended and that nobody has asked for is that of an ended one, and then there is none")
    func zombie() throws {
        try withTemporaryFolder { folder in
            let process = try SpawnedProcess(["true"], in: folder, name: "true")
            try eventually("its end") { ProcessStatus(of: process.pid)?.hasEnded == true }
            #expect(try process.wait() == .exited(0))
            #expect(ProcessStatus(of: process.pid) == nil)
        }
    }

    @Test("of one whose first thread has ended while another works is not that of an ended one")
    func firstThreadEnded() throws {
        try withTemporaryFolder { folder in
            let process = try SpawnedProcess([builtProgram("thread-probe")], in: folder, name: "probe")
            defer { process.destroy() }
            try eventually("the end of its first thread") { ProcessStatus(of: process.pid)?.state == "Z" }
            let status = try #require(ProcessStatus(of: process.pid))
            #expect(status.threads > 1)
            #expect(!status.hasEnded)
            process.signal(SIGKILL)
            try eventually("its end") { ProcessStatus(of: process.pid)?.hasEnded == true }
        }
    }
}
