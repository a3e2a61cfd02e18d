internal import Glibc

/// What a program left behind.
package struct ShellResult: Sendable {
    package let ending: SpawnedProcess.Ending
    package let output: String
    package let errorOutput: String

    package var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs a shell command to its end. Arguments follow as `$1` and so on, so that nothing has to be quoted.
package func runShell(
    _ command: String, _ arguments: String..., in folder: TemporaryFolder, within limit: Duration = patience
) throws -> ShellResult {
    try run(["sh", "-c", command, "sh"] + arguments, in: folder, within: limit)
}

/// Runs a program to its end.
package func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: TemporaryFolder,
    within limit: Duration = patience
) throws -> ShellResult {
    var generator = SystemRandomNumberGenerator()
    let process = try SpawnedProcess(
        arguments, environment: environment, in: folder, name: "run-\(generator.next())"
    )
    defer { process.destroy() }
    let ending = try process.wait(within: limit)
    return ShellResult(ending: ending, output: process.output, errorOutput: process.errorOutput)
}

/// Whether there is a program of this name, for tests that have to be skipped without it.
package func hasProgram(_ name: String) -> Bool {
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].contains { access("\($0)/\(name)", X_OK) == 0 }
}

/// Whether the tests run as root, as some need to for playing other users.
package var isRoot: Bool { geteuid() == 0 }
