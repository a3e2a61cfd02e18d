internal import EmergencyStopCore
internal import EmergencyStopSidecar
internal import Foundation
internal import Synchronization
internal import Testing

/// A folder of its own with a stop file in it, a source that watches that file, and all that the source told.
///
/// libinotifytools can serve one listener in a process, so each test with one runs in a process of its own.
final class WatchedFolder: Sendable {
    struct Told: Sendable {
        var events: [SourceEvent] = []
        var listener: [ListenerState] = []
    }

    /// Long enough for a loaded machine; a test that passes never waits for it.
    static let patience = Duration.seconds(20)

    let folder: String
    let file: String
    private let told = Mutex(Told())
    private let source: Mutex<StopFileSource?> = Mutex(nil)

    init(file: String = "es.json") {
        folder = NSTemporaryDirectory() + "estop-\(UUID().uuidString)"
        self.file = folder + "/" + file
        run("mkdir -p .")
        Self.leftovers.withLock { folders in
            // The source's threads hold on to the folder until the process ends, so that is when it is removed.
            if folders.isEmpty { atexit { WatchedFolder.removeLeftovers() } }
            folders.append(folder)
        }
    }

    private static let leftovers = Mutex<[String]>([])

    private static func removeLeftovers() {
        for folder in leftovers.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// Starts the source. The poll is so rare that what is told within a test's patience was heard of.
    func start(poll: Duration = .seconds(3600), settle: Duration = .milliseconds(20), sizeLimit: Int = 1 << 20) throws {
        let source = StopFileSource(
            configuration: StopFileConfiguration(
                path: file, pollInterval: poll, settlingTimes: SettlingTimes(settle: settle), sizeLimit: sizeLimit
            ),
            listenerChanged: { [self] state in told.withLock { $0.listener.append(state) } }
        )
        self.source.withLock { $0 = source }
        try source.start { [self] event in told.withLock { $0.events.append(event) } }
    }

    /// A folder whose file gives the workflow a status, with a source to which that has settled.
    static func serving(_ status: WorkflowStatus, poll: Duration = .seconds(3600)) throws -> WatchedFolder {
        let folder = WatchedFolder()
        folder.run("echo '\(entry(status.rawValue))' > es.json")
        try folder.start(poll: poll)
        #expect(folder.settles("W", status))
        // The file may settle before the directory is watched.
        #expect(folder.eventually { !$0.listener.isEmpty })
        return folder
    }

    var running: StopFileSource? { source.withLock { $0 } }
    var events: [SourceEvent] { told.withLock { $0.events } }
    var listener: [ListenerState] { told.withLock { $0.listener } }

    /// Runs a shell script in the folder.
    @discardableResult
    func run(_ script: String) -> Bool {
        shell("mkdir -p '\(folder)'; cd '\(folder)' && { \(script)\n}")
    }

    /// Waits until something holds.
    func eventually(within limit: Duration = patience, _ condition: (WatchedFolder) -> Bool) -> Bool {
        let deadline = ContinuousClock.now + limit
        while .now < deadline {
            if condition(self) { return true }
            usleep(1000)
        }
        return condition(self)
    }

    /// Makes a change, again and again until one of them is heard and shows a status: after a move or a mount a poll
    /// goes by before anything is heard.
    func hears(_ name: String, _ status: WorkflowStatus, of script: String) -> Bool {
        eventually { folder in
            folder.run(script)
            // Left alone for a while, so that the file can settle.
            return folder.eventually(within: .seconds(1)) { folder in
                folder.events.contains { $0.trigger == .hint && $0.shows(name) == status }
            }
        }
    }

    /// Waits until what settled last gives a workflow a status.
    func settles(_ name: String, _ status: WorkflowStatus) -> Bool {
        eventually { $0.lastSettled?.status(of: name) == status }
    }

    /// Waits until what settled last is of a kind.
    func settles(_ condition: SettledState.Condition) -> Bool {
        eventually { $0.lastSettled?.condition == condition }
    }

    var lastSettled: SettledState? {
        events.reversed().lazy.compactMap { event in
            if case .settled(let state) = event.finding { state } else { nil }
        }.first
    }
}

extension SettledState {
    func status(of name: String) -> WorkflowStatus? {
        var name = name
        return name.withUTF8 { entries.position(of: $0.span) }.map { entries.status(at: $0) }
    }
}

extension SourceEvent {
    var settled: SettledState? {
        if case .settled(let state) = finding { state } else { nil }
    }

    /// The status that something merely shown gives a workflow.
    func shows(_ name: String) -> WorkflowStatus? {
        guard case .shown(let entries) = finding else { return nil }
        return SettledState(condition: .readable, entries: entries).status(of: name)
    }
}

/// A stop file with one entry, for a shell script.
func entry(_ status: String, _ name: String = "W") -> String {
    #"{"Name":"\#(name)","Status":"\#(status)"}"#
}

/// Runs a shell script and says whether it succeeded. What the script leaves in the background goes on: Foundation's
/// `Process` would wait for that too.
func shell(_ script: String) -> Bool {
    let arguments: [UnsafeMutablePointer<CChar>?] = ["/bin/sh", "-c", script].map { (text: String) in strdup(text) }
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    guard posix_spawn(&process, "/bin/sh", nil, nil, arguments + [nil], environ) == 0 else { return false }
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status == 0
}
