import EmergencyStopSidecar
import Glibc
import TestSupport
import Testing

@Suite("The listening socket", .blocking)
struct ListeningSocketTests {
    private func failure(_ path: String, group: UInt32? = nil) -> ListeningError? {
        do throws(ListeningError) {
            let socket = try ListeningSocket(path: path, mode: 0o600, group: group)
            close(socket.descriptor)
            socket.withdraw()
            return nil
        } catch {
            return error
        }
    }

    @Test("has a path of 1 to 103 bytes")
    func pathLength() {
        #expect(failure("") == .pathTooLong(""))
        let long = "/" + String(repeating: "x", count: 103)
        #expect(failure(long) == .pathTooLong(long))
    }

    @Test("is there with its mode, and gone after it is withdrawn; the lock file stays")
    func life() throws {
        try withTemporaryFolder { folder in
            let socket = try ListeningSocket(path: folder.path(of: "s"), mode: 0o620, group: nil)
            #expect(folder.status(of: "s")?.mode == 0o620)
            #expect(failure(folder.path(of: "s")) == .taken(path: folder.path(of: "s"), holder: "\(getpid())"))
            close(socket.descriptor)
            socket.withdraw()
            #expect(!folder.exists("s"))
            #expect(folder.exists("s.lock"))
            // A program that another test starts just now has the lock as well, until it is executed.
            try eventually("that the lock is free") { failure(folder.path(of: "s")) == nil }
        }
    }

    @Test("of a successor at the same path is left alone when it is withdrawn")
    func successor() throws {
        try withTemporaryFolder { folder in
            let socket = try ListeningSocket(path: folder.path(of: "s"), mode: 0o600, group: nil)
            try folder.remove("s")
            try folder.write("another's", to: "s")
            close(socket.descriptor)
            socket.withdraw()
            #expect(try folder.text(of: "s") == "another's")
        }
    }

    @Test("is not made over what is no socket, nor without its directory")
    func refusals() throws {
        try withTemporaryFolder { folder in
            try folder.write("precious", to: "s")
            #expect(failure(folder.path(of: "s")) == .notASocket(folder.path(of: "s")))
            #expect(try folder.text(of: "s") == "precious")
            guard case .directoryUnusable(_, let reason) = failure(folder.path(of: "no/s")) else {
                Issue.record("not refused")
                return
            }
            #expect(reason == "No such file or directory")
        }
    }
}
