package import Glibc
internal import Synchronization

/// A child process whose output goes to files, so that nothing has to read while it runs.
package final class SpawnedProcess: Sendable {
    package let pid: pid_t
    private let outputPath: String
    private let errorPath: String

    /// How a process ended.
    package enum Ending: Sendable, Hashable {
        case exited(Int32)
        case killed(Int32)
    }

    /// `posix_spawn_file_actions_addclosefrom_np`, which Swift hides.
    private static let addCloseFrom = unsafeBitCast(
        dlsym(nil, "posix_spawn_file_actions_addclosefrom_np"),
        to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt) -> CInt).self)

    /// Starts a program, found through `PATH`, with nothing of this process but standard input, from `/dev/null`.
    ///
    /// - Parameters:
    ///   - folder: Where its output is kept, under `name`.
    ///   - input: Its standard input; the caller's to close.
    ///   - errorOutput: Its standard error, instead of a file; the caller's to close.
    ///   - terminal: A terminal that it has for everything and controls, as the leader of a session.
    ///   - executable: The program, where its first argument, the name that it has for itself, is another or missing.
    package init(
        _ arguments: [String], environment: [String: String] = [:], in folder: TemporaryFolder, name: String,
        input: CInt? = nil, errorOutput: CInt? = nil, terminal: PseudoTerminal? = nil, executable: String? = nil
    ) throws {
        outputPath = folder.path(of: "\(name).out")
        errorPath = folder.path(of: "\(name).err")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let terminal {
            // The first terminal that the leader of a session opens becomes its controlling one.
            posix_spawn_file_actions_addopen(&actions, 0, terminal.path, O_RDWR, 0)
        } else if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        if terminal != nil {
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        }
        if terminal != nil {
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        } else if let errorOutput {
            posix_spawn_file_actions_adddup2(&actions, errorOutput, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        }
        // What a test beside this one has open, and what this process was started with, must not count there.
        guard Self.addCloseFrom(&actions, 3) == 0 else { throw TestFailure("posix_spawn_file_actions_addclosefrom_np") }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        // POSIX_SPAWN_SETSID, which Swift hides.
        let session: Int32 = terminal == nil ? 0 : 0x80
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | session))
        var variables = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]
        // What a sanitizer has been told goes for the process under test as well.
        for name in ["TSAN_OPTIONS", "ASAN_OPTIONS", "LD_LIBRARY_PATH", "LD_PRELOAD"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        variables.merge(environment) { $1 }
        let argumentList = arguments.map { strdup($0) } + [nil]
        let variableList = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argumentList + variableList { free(text) } }
        var pid = pid_t()
        let program = executable ?? arguments[0]
        let failure = posix_spawnp(&pid, program, &actions, &attributes, argumentList, variableList)
        guard failure == 0 else { throw TestFailure(systemCall: "spawn \(program)", failure) }
        self.pid = pid
    }

    package func signal(_ signal: Int32) {
        // Once it has been waited for, the number may be another's.
        endingState.withLock { if $0 == nil { kill(pid, signal) } }
    }

    /// How the process ended, or `nil` while it runs.
    package var ending: Ending? {
        endingState.withLock { ending in
            if ending == nil {
                var status: CInt = 0
                if waitpid(pid, &status, WNOHANG) == pid {
                    ending = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(status & 0x7F)
                }
            }
            return ending
        }
    }

    /// Waits until the process has ended, and says how.
    package func wait(within limit: Duration = patience) throws -> Ending {
        try eventually(within: limit, "the end of process \(pid)") { ending != nil }
        return ending!
    }

    /// Kills the process if it still runs.
    package func destroy() {
        signal(SIGKILL)
        _ = try? wait()
    }

    package var output: String { (try? textOfFile(at: outputPath)) ?? "" }
    package var errorOutput: String { (try? textOfFile(at: errorPath)) ?? "" }

    private let endingState = Mutex<Ending?>(nil)
}
