/// A shell on a terminal that is given commands when it asks for them: what is typed while it prepares the terminal may
/// be lost.
package final class InteractiveShell {
    package let process: SpawnedProcess
    private let terminal: PseudoTerminal
    private var number = 1

    package init(
        on terminal: PseudoTerminal, environment: [String: String] = [:], in folder: TemporaryFolder
    ) throws {
        self.terminal = terminal
        // The prompt holds the number of the command that it asks for.
        process = try SpawnedProcess(
            ["bash", "--norc", "--noprofile", "-i"],
            environment: ["PS1": "prompt-\\#> ", "HISTFILE": ""].merging(environment) { $1 }, in: folder, name: "shell",
            terminal: terminal)
    }

    /// Types a command once there is a prompt for it.
    package func run(_ command: String) throws {
        try terminal.expect("prompt-\(number)> ")
        number += 1
        terminal.type(command + "\n")
    }
}
