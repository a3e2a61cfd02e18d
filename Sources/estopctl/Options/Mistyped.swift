internal import ArgumentParser
internal import Operating

/// What is said of a command line that cannot be understood, beyond what the argument parser says.
enum Mistyped {
    /// What other programs call what these commands do.
    private static let otherWords = [
        "resume": "go", "release": "go", "start": "go", "continue": "go", "unpause": "go", "halt": "stop",
        "kill": "stop", "abort": "stop", "estop": "stop", "hold": "pause", "ls": "list", "top": "watch",
        "log": "history", "validate": "check", "lint": "check", "exec": "run",
    ]
    /// Options that have a command do more than it would without. To offer one for another word is to offer a stop of
    /// everything, or the lifting of another's, to whoever is in a hurry.
    private static let widening = ["--all", "--override", "--force", "--prefix"]

    /// The message for a first word that is no command; `nil` where it is one, or there is none.
    static func message(_ arguments: [String], commands: [String]) -> String? {
        guard let word = arguments.first, !word.hasPrefix("-"), !(commands + ["help"]).contains(word) else {
            return nil
        }
        let rest = arguments.dropFirst().map { " \(Advice.asTyped($0))" }.joined()
        guard let meant = otherWords[word.lowercased()] ?? suggestion(for: word, among: commands) else {
            return "'\(Printable.text(word))' is no command; estopctl --help shows all"
        }
        return "'\(Printable.text(word))' is no command; nothing was done. Did you mean: estopctl \(meant)\(rest)"
    }

    /// A message of the argument parser, without an offer of what would do more than what was typed.
    static func withoutWidening(_ message: String) -> String {
        widening.reduce(message) { $0.replacing(" Did you mean '\($1)'?", with: "") }
    }
}
