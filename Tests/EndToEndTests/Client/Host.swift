import EmergencyStop
import Foundation
import TestSupport
import Testing

/// A host of a test's own: a stop file, a socket, and the real `estopd` between them.
///
/// Everything lies in a directory that is removed at the end, and every process is ended then.
final class Host {
    let directory: URL
    private(set) var sidecar: Process?
    private var processes: [Process] = []

    init(_ statuses: [String: String] = ["A": "go"]) throws {
        // Short, for a socket's path has room for 103 bytes.
        directory = URL(fileURLWithPath: "/tmp/estop-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        try write(statuses)
    }

    deinit {
        for process in processes where process.isRunning {
            // A process that is stopped hears of nothing else.
            kill(process.processIdentifier, SIGKILL)
        }
        try? FileManager.default.removeItem(at: directory)
    }

    var file: URL { directory.appendingPathComponent("es.json") }
    var socket: String { directory.appendingPathComponent("s").path }

    var configuration: EmergencyStopClient.Configuration {
        var configuration = EmergencyStopClient.Configuration(socketPath: socket)
        configuration.resumeJitter = .milliseconds(20)
        return configuration
    }

    /// Writes the stop file beside and renames it over, as one should.
    func write(_ statuses: [String: String]) throws {
        let entries = statuses.map { #"{"Name": "\#($0)", "Status": "\#($1)", "Reason": "told so"}"# }
        let temporary = directory.appendingPathComponent("es.json.new")
        try Data(entries.joined(separator: "\n").utf8).write(to: temporary)
        guard rename(temporary.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    func startSidecar() throws {
        sidecar = try start("estopd", ["--file", file.path, "--socket", socket, "--log-level", "critical"])
    }

    /// Starts the sidecar as another user, which only root can.
    func startSidecar(as user: UInt32) throws {
        chmod(directory.path, 0o777)
        let command = "exec setpriv --reuid \(user) --clear-groups \"$0\" \"$@\""
        let estopd = try copyOfSidecar()
        sidecar = try start(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", command, estopd, "--file", file.path, "--socket", socket, "--log-level", "critical"]
        )
    }

    /// Starts the sidecar as another user on a socket that this process, root, has bound and listens on: what systemd
    /// does where a socket unit activates a service.
    func startActivatedSidecar(as user: UInt32) throws {
        chmod(directory.path, 0o777)
        let listening = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listening) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listening, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, listen(listening, 16) == 0 else { throw CocoaError(.fileWriteUnknown) }
        let command = """
            exec 3<&0 </dev/null
            LISTEN_FDS=1 LISTEN_PID=$$ exec setpriv --reuid \(user) --clear-groups "$0" "$@"
            """
        let estopd = try copyOfSidecar()
        sidecar = try start(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", command, estopd, "--file", file.path, "--log-level", "critical"],
            input: FileHandle(fileDescriptor: listening, closeOnDealloc: false)
        )
    }

    /// A copy of the sidecar that other users can run, wherever the checkout lies.
    private func copyOfSidecar() throws -> String {
        let program = try Self.products.appendingPathComponent("estopd").path
        return try TemporaryFolder(path: directory.path).copy(ofProgram: program)
    }

    func signalSidecar(_ signal: Int32) {
        guard let sidecar else { return }
        kill(sidecar.processIdentifier, signal)
        if signal == SIGKILL || signal == SIGTERM { sidecar.waitUntilExit() }
    }

    /// Starts a program that was built beside the tests.
    func start(_ program: String, _ arguments: [String], output: Pipe? = nil) throws -> Process {
        try start(Self.products.appendingPathComponent(program), arguments, output: output)
    }

    private func start(
        _ program: URL, _ arguments: [String], output: Pipe? = nil, input: FileHandle = .nullDevice
    ) throws -> Process {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = input
        if let output { process.standardOutput = output }
        try process.run()
        processes.append(process)
        return process
    }

    private static var products: URL {
        get throws {
            // Where the test bundle lies, the programs lie as well.
            let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
            var directory = URL(fileURLWithPath: bundle).resolvingSymlinksInPath().deletingLastPathComponent()
            while directory.path != "/" {
                if FileManager.default.isExecutableFile(atPath: directory.appendingPathComponent("estopd").path) {
                    return directory
                }
                directory.deleteLastPathComponent()
            }
            throw CocoaError(.fileNoSuchFile)
        }
    }
}

/// What a process prints, line by line.
struct Lines: ~Copyable {
    private let pipe = Pipe()
    private var rest: [UInt8] = []

    var output: Pipe { pipe }

    /// The next line, or `nil` at the end. Waits on a thread that may block.
    mutating func next() async -> String? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest.removeFirst(end + 1)
                return line
            }
            let handle = pipe.fileHandleForReading
            let data = await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: handle.availableData) }
            }
            guard !data.isEmpty else { return nil }
            rest += data
        }
    }

    /// The first line from here on that begins so.
    mutating func first(_ prefix: String) async -> String? {
        while let line = await next() {
            if line.hasPrefix(prefix) { return line }
        }
        return nil
    }
}
