import TestSupport
import Testing

@Suite("Without inotify", .blocking)
struct InotifyLimitTests {
    @Test(
        "the poll alone finds changes and says so, until there is inotify again",
        .enabled(if: isRoot && hasProgram("setpriv") && hasProgram("perl")))
    func limitReached() throws {
        try withTemporaryFolder { folder in
            try folder.setMode(0o777, of: ".")
            try folder.write(#"{"Name":"A","Status":"go"}"#, to: RunningSidecar.fileName)
            let hog = try InotifyHog(user: 61_234, in: folder)
            defer { hog.destroy() }
            let copy = try folder.copy(ofProgram: RunningSidecar.executable)
            let sidecar = try RunningSidecar(
                in: folder, options: ["--poll-interval", "1s"], prefix: hog.asUser, executable: copy
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
