internal import Glibc

/// A sidecar, the real binary, with a socket and a stop file of its own.
package final class RunningSidecar: Sendable {
    package let folder: TemporaryFolder
    package let process: SpawnedProcess

    package static let fileName = "es.json"
    package static let socketName = "s"

    package var socket: String { folder.path(of: Self.socketName) }
    package let file: String

    /// Starts it and does not wait for anything.
    ///
    /// - Parameters:
    ///   - options: On the command line, behind `--file` and `--socket`. What a file needs to settle is 10 ms
    ///     unless they say otherwise.
    ///   - prefix: A program that starts it, `setpriv` say, with its arguments.
    ///   - fileName: Its stop file, in the folder or below.
    package init(
        in folder: TemporaryFolder, options: [String] = [], environment: [String: String] = [:],
        prefix: [String] = [], executable: String = RunningSidecar.executable, name: String = "estopd",
        errorOutput: CInt? = nil, fileName: String = RunningSidecar.fileName
    ) throws {
        self.folder = folder
        file = folder.path(of: fileName)
        let settling = options.contains("--settle-time") ? [] : ["--settle-time", "10ms"]
        let paths = ["--file", file, "--socket", folder.path(of: Self.socketName)]
        process = try SpawnedProcess(
            prefix + [executable] + paths + settling + options, environment: environment, in: folder, name: name,
            errorOutput: errorOutput
        )
    }

    /// The binary, which is built beside the tests.
    package static let executable: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let tests = String(decoding: buffer.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        // Where a helper runs the tests, the bundle is among its arguments.
        for candidate in [tests] + CommandLine.arguments {
            guard let slash = candidate.lastIndex(of: "/") else { continue }
            let path = candidate[..<slash] + "/estopd"
            if access(String(path), X_OK) == 0 { return String(path) }
        }
        return "estopd"
    }()

    package func connect() throws -> LineClient { try LineClient(to: socket) }

    /// Waits until there is a line in the log that holds this, and gives it: lines are written a little later.
    @discardableResult
    package func logLine(with text: String) throws -> String {
        var found: String?
        try eventually("\(text) in the log: \(log)") {
            // What has no line feed yet may be half a line.
            found = log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .first { $0.contains(text) }.map(String.init)
            return found != nil
        }
        return found!
    }

    /// Waits until it answers; how often it is asked does not matter.
    package func awaitReadiness() throws {
        try eventually("an answer of the sidecar; its log: \(log)") {
            if let ending = process.ending { throw TestFailure("the sidecar has ended, \(ending); its log: \(log)") }
            guard let client = try? connect() else { return false }
            return try client.ask("ping ready").head == "pong ready"
        }
    }

    /// What it has written to standard error.
    package var log: String { process.errorOutput }

    /// The value of a line of `info`.
    package func information(_ key: String) throws -> String? {
        try connect().askLines("info").first { $0.subject == key }?["value"]
    }

    /// The status that it answers now, on a connection of its own.
    package func status(_ name: String) throws -> ReplyLine { try connect().ask("status \(name)") }

    /// Waits until the status line of a name begins so, and gives it.
    @discardableResult
    package func awaitStatus(_ head: String, cause: String? = nil) throws -> ReplyLine {
        let name = ReplyLine(head).subject
        let client = try connect()
        var last: ReplyLine?
        try eventually("\(head), cause \(cause ?? "any"); last was: \(last?.text ?? "nothing")") {
            let line = try client.ask("status \(name)")
            last = line
            return line.head == head && (cause == nil || line["cause"] == cause)
        }
        return last!
    }

    package func signal(_ signal: Int32) { process.signal(signal) }

    /// Has it stand still, until SIGCONT: a signal that is sent has not arrived yet.
    package func freeze() throws {
        signal(SIGSTOP)
        let tasks = "/proc/\(process.pid)/task"
        try eventually("that all threads stand still") {
            namesInDirectory(tasks).allSatisfy { thread in
                // PID (COMMAND) STATE …
                (try? textOfFile(at: "\(tasks)/\(thread)/stat"))?.contains(") T ") ?? true
            }
        }
    }

    /// Has it stop, and says how it ended.
    package func stop() throws -> SpawnedProcess.Ending {
        signal(SIGTERM)
        return try process.wait()
    }
}

/// Runs a test with a sidecar that is ready, and kills it afterwards.
///
/// - Parameter file: The content of its stop file, or `nil` for none.
package func withSidecar<R>(
    file: String? = #"{"Name":"A","Status":"go"}"#, options: [String] = [], environment: [String: String] = [:],
    _ body: (RunningSidecar) throws -> R
) throws -> R {
    try withTemporaryFolder { folder in
        if let file { try folder.write(file, to: RunningSidecar.fileName) }
        let sidecar = try RunningSidecar(in: folder, options: options, environment: environment)
        defer { sidecar.process.destroy() }
        try sidecar.awaitReadiness()
        return try body(sidecar)
    }
}

/// Runs a test with a sidecar that is old enough to know all runs, and kills it afterwards. That takes 20 s, in which no
/// thread is held.
package func withGrownSidecar<R>(
    file: String = #"{"Name":"A","Status":"go"}"#, options: [String] = [], _ body: (RunningSidecar) throws -> R
) async throws -> R {
    let folder = try TemporaryFolder()
    defer { folder.removeAll() }
    try folder.write(file, to: RunningSidecar.fileName)
    let sidecar = try RunningSidecar(in: folder, options: options)
    defer { sidecar.process.destroy() }
    try sidecar.awaitReadiness()
    let deadline = ContinuousClock.now + patience
    while try sidecar.connect().askLines("ps").last?["complete"] != nil {
        guard ContinuousClock.now < deadline else { throw TestFailure("does not know all runs within \(patience)") }
        try await Task.sleep(for: .milliseconds(200))
    }
    return try body(sidecar)
}
