import TestSupport
import Testing

/// Somebody who uses `estopctl`, the real binary, beside a sidecar.
struct Operator {
    static let program = builtProgram("estopctl")

    let folder: TemporaryFolder
    /// What goes into `By`.
    var name = "alice"
    var environment: [String: String] = [:]

    private var variables: [String: String] {
        let own = ["SUDO_USER": name, "ESTOP_SOCKET": folder.path(of: RunningSidecar.socketName), "TZ": "UTC"]
        return own.merging(environment) { $1 }
    }

    /// Runs a command to its end.
    func calls(_ arguments: String...) throws -> ShellResult {
        try run([Self.program] + arguments, environment: variables, in: folder)
    }

    /// Starts a command and does not wait for it.
    func start(_ arguments: String..., name: String, errorOutput: CInt? = nil) throws -> SpawnedProcess {
        try SpawnedProcess(
            [Self.program] + arguments, environment: variables, in: folder, name: name, errorOutput: errorOutput)
    }

    /// Runs a shell command, in which `$ESTOPCTL` is the program, in a directory of the folder.
    func shell(_ command: String, in directory: String = ".") throws -> ShellResult {
        try run(
            ["sh", "-c", "cd \"$HERE\" && { \(command); }"],
            environment: variables.merging(
                ["ESTOPCTL": Self.program, "HERE": folder.path(of: directory)]
            ) { $1 }, in: folder
        )
    }
}

extension RunningSidecar {
    /// An operator on this sidecar's host.
    var alice: Operator { Operator(folder: folder) }
    var bob: Operator { Operator(folder: folder, name: "bob") }

    /// A run, as a workflow registers it; it lasts until it leaves or the connection closes.
    func enterRun(_ name: String, id: Int = 1) throws -> LineClient {
        let client = try connect()
        #expect(try client.ask("enter \(name)\trun=\(Self.runID(id))").subject == name)
        return client
    }

    static func runID(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.utf8.count) + digits
    }
}
