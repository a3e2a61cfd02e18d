import Glibc
import TestSupport
import Testing

/// A user whose inotify instances are all taken: the limit is the user's, so it takes a user of the test's own.
@Suite("Without inotify", .blocking)
struct InotifyLimitTests {
    private static let user = 61_234
    #if arch(x86_64)
        private static let inotifyInit = 294
    #else
        private static let inotifyInit = 26
    #endif

    @Test(
        "the poll alone finds changes and says so, until there is inotify again",
        .enabled(if: isRoot && hasProgram("setpriv") && hasProgram("perl")))
    func limitReached() throws {
        try withTemporaryFolder { folder in
            try folder.setMode(0o777, of: ".")
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: RunningSidecar.fileName)
            let asUser = ["setpriv", "--reuid=\(Self.user)", "--clear-groups"]
            let hog = try SpawnedProcess(
                asUser + [
                    "perl", "-e",
                    "$| = 1; for (1..100000) { last if syscall(\(Self.inotifyInit), 0) < 0 }"
                        + " print 'full'; sleep 600",
                ], in: folder, name: "hog"
            )
            defer { hog.destroy() }
            try eventually("all instances taken") { hog.output == "full" }
            let copy = try folder.copy(ofProgram: RunningSidecar.executable)
            let sidecar = try RunningSidecar(
                in: folder, options: ["--poll-interval", "1s"], prefix: asUser, executable: copy
            )
            defer { sidecar.process.destroy() }
            try sidecar.awaitReadiness()
            // It answers before it has tried.
            try eventually("that it is told") { try sidecar.information("inotify") == "down" }
            #expect(try sidecar.information("inotify-problem")?.contains("Too many open files") == true)
            try sidecar.logLine(with: "the poll alone finds them")
            try folder.replace(RunningSidecar.fileName, with: #"{"Name":"A","Status":"stop"}"#)
            try sidecar.awaitStatus("stop A")
            hog.destroy()
            try eventually("inotify again") { try sidecar.information("inotify") == "up" }
            try folder.replace(RunningSidecar.fileName, with: #"{"Name":"A","Status":"go"}"#)
            try sidecar.awaitStatus("go A")
        }
    }
}
